"""What a reduction tells beside its arrays: every scan's fate, what was used, and the findings of the checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Finding
from pipeline.techniques.absorption.fit.reduce.background import Background, BackgroundChoice
from pipeline.techniques.absorption.fit.reduce.merge import Prepared
from pipeline.techniques.absorption.fit.reduce.normalization import Normalized
from pipeline.techniques.absorption.groups import GROUPS
from pipeline.techniques.absorption.model import CheckedScan, LeftOut, ReductionUsed, ScanUse
from pipeline.techniques.absorption.settings import ReduceSettings


def scan_use(scan: CheckedScan, code: LeftOut = "", reason: str = "", p: Prepared | None = None) -> ScanUse:
    """The row of one scan in the table xas_scans; ``code`` and ``reason`` say why it was left out."""
    source = scan.scan
    return ScanUse(
        file=source.source.file,
        loop=source.loop,
        e0_ev=p.e0_ev if p else float("nan"),
        edge_step=p.norm.edge_step if p else float("nan"),
        shift_ev=p.shift_ev if p else 0.0,
        shift_sigma_ev=p.shift_sigma_ev if p else 0.0,
        used=code == "",
        reason=reason,
        noise_k=p.noise if p else None,
        code=code,
        group=source.label if source.label != source.source.file.rsplit("/", 1)[-1] else "",
    )


def gather_findings(checked: Sequence[CheckedScan]) -> list[Finding]:
    """What the checks found, once for all scans that it is true of; of the reader's, warnings and what else a file holds."""
    first: dict[tuple[str, str], Finding] = {}
    files: dict[tuple[str, str], list[str]] = {}
    for c in checked:
        for f in (*c.findings, *(f for f in c.scan.findings if f.severity != "info" or f.code == GROUPS)):
            key = (f.field, f.problem)
            first.setdefault(key, f)
            name = c.scan.source.file.rsplit("/", 1)[-1]
            if name not in files.setdefault(key, []):
                files[key].append(name)
    out = []
    for key, f in first.items():
        names = files[key]
        where = "all scans" if len(names) == len(checked) > 1 else ", ".join(names[:3])
        where += f" and {len(names) - 3} more" if len(names) > 3 and where != "all scans" else ""
        out.append(replace(f, problem=f"{where}: {f.problem}"))
    return out


def judge_background(
    r_angstrom: FloatArray, magnitude: FloatArray, noise: float, rbkg_angstrom: float
) -> Finding | None:
    """A warning where the strongest peak of |chi(R)| (m,) stands at Rbkg: the background has eaten a part of it."""
    use = (r_angstrom > max(0.5, rbkg_angstrom - 0.1)) & (r_angstrom < 6)
    peak = float(r_angstrom[use][int(np.argmax(magnitude[use]))])
    top = float(np.max(magnitude[use]))
    if peak > rbkg_angstrom + 0.25 or top < 3 * noise:
        return None
    problem = (
        f"the strongest peak of |chi(R)| lies at {peak:.2f} angstrom, at the background's limit of {rbkg_angstrom:.2f}"
    )
    hint = "look at mu0(E); another rbkg_angstrom, or a better e0_ev"
    return Finding(severity="warning", field="rbkg_angstrom", problem=problem, hint=hint)


def used_settings(
    norm: Normalized,
    choice: BackgroundChoice,
    background: Background,
    settings: ReduceSettings,
    from_project: Sequence[str],
) -> ReductionUsed:
    """What was used, whoever chose it."""
    return ReductionUsed(
        pre1_ev=norm.ranges.pre1_ev,
        pre2_ev=norm.ranges.pre2_ev,
        norm1_ev=norm.ranges.norm1_ev,
        norm2_ev=norm.ranges.norm2_ev,
        n_norm=norm.ranges.n_norm,
        bkg_k_weight=choice.k_weight,
        bkg_k_min=choice.k_min,
        bkg_k_max=background.k_max,
        bkg_dk=choice.dk,
        bkg_window=choice.window,
        clamp_low=choice.clamp_low,
        clamp_high=choice.clamp_high,
        n_clamp=choice.n_clamp,
        n_spline=background.n_spline,
        align=settings.align,
        calibrated=settings.calibrate,
        from_project=tuple(sorted(from_project)),
    )
