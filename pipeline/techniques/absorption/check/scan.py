"""Absorption scan -> checked scan: is it the edge that the study says, and which points may be used.

Nothing is deleted: points are masked with a reason.  In this order: what is no number; detector elements that are dead,
saturated or noisy; the edge against the study's; foreign edges, behind which nothing is used; glitches; what a person
should know (self-absorption, normalised already, thickness).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import CheckError
from pipeline.core.values import Finding, Mask
from pipeline.science.constants import EV_PER_K2
from pipeline.science.edges import edge_energy
from pipeline.techniques.absorption.check.detectors import choose_elements
from pipeline.techniques.absorption.check.edge_steps import Rise, largest_rise, name_edge
from pipeline.techniques.absorption.check.foreign_edges import ForeignEdge, find_foreign_edge
from pipeline.techniques.absorption.check.glitches import find_outliers, group_runs
from pipeline.techniques.absorption.check.suspicions import suspect
from pipeline.techniques.absorption.model import AbsorptionScan, CheckedScan
from pipeline.techniques.absorption.settings import XasCheckSettings


def check_scan(
    scan: AbsorptionScan, element: str, edge: str, mode: str | None, settings: XasCheckSettings
) -> CheckedScan:
    """Recognise the edge, mask what cannot be right, and say what a person should know.

    Parameters
    ----------
    scan:
        Energies ascending in eV, as the readers hand them over.
    element, edge:
        What the study says.
    mode:
        ``transmission`` or ``fluorescence`` as the study says, None where there is no study.

    Raises
    ------
    CheckError
        Another edge than the study's, no edge at all, mu falling at it, chi(k) in place of mu(E), too few points.
    """
    if scan.is_chi:
        raise CheckError(
            source=scan.source.file,
            field="mu",
            problem="holds chi(k), not mu(E): it cannot be aligned, merged or normalised",
            hint="give the raw scan, or the project with mu(E)",
            code="chi",
        )
    masks: list[Mask] = []
    scan, used, findings = _choose_detectors(scan, element, edge)
    keep = _usable_points(scan, masks, settings.min_points)
    rise = _recognise(scan, keep, element, edge, mode, settings)
    sigma, runs = _find_glitches(scan, keep, rise, settings)
    e, m = scan.energy_ev[keep], scan.mu[keep]
    foreign = find_foreign_edge(e, m, sigma[keep], element=element, edge=edge, rise_ev=rise.energy_ev, step=rise.height)
    if foreign is not None:
        findings.append(_cut(masks, keep, scan, foreign, rise))
    _mask_glitches(scan, keep, runs, settings, masks, findings)
    e, m = scan.energy_ev[keep], scan.mu[keep]
    findings += suspect(scan, e, m, element=element, edge=edge, rise_ev=rise.energy_ev)
    foil = _reference(scan)
    return CheckedScan(
        scan=scan,
        element=element,
        edge=edge,
        keep=tuple(bool(k) for k in keep),
        masks=tuple(masks),
        detectors_used=used,
        findings=tuple(findings),
        mu_sigma=np.where(keep, sigma, np.nan),
        rise_ev=rise.energy_ev,
        reference_element=foil[0],
        reference_edge=foil[1],
        reference_rise_ev=foil[2],
    )


def _choose_detectors(
    scan: AbsorptionScan, element: str, edge: str
) -> tuple[AbsorptionScan, tuple[str, ...], list[Finding]]:
    """The scan with mu of the elements that can be used, their names, and what is said of the others."""
    table_ev = edge_energy(element, edge)
    if table_ev is None:
        return scan, tuple(scan.detectors), []
    chosen, used, left_out = choose_elements(scan, table_ev)
    if left_out and not used:
        raise CheckError(
            source=scan.source.file,
            field="detectors",
            problem=f"no element of {len(chosen.detectors)} can be used: {left_out[0].problem}",
            hint="was the detector read out?",
            code="no_detector",
        )
    return chosen, used, left_out


def _usable_points(scan: AbsorptionScan, masks: list[Mask], fewest: int) -> np.ndarray:
    """(n,) True where energy and mu are numbers."""
    keep = np.isfinite(scan.energy_ev) & np.isfinite(scan.mu)
    _mask(masks, keep, ~keep, "not a number", "not_a_number")
    if keep.sum() < fewest:
        raise CheckError(
            source=scan.source.file,
            field="mu",
            problem=f"{int(keep.sum())} usable points of {keep.size}, {fewest} needed",
            hint="was the scan stopped, or a detector not read out?",
            code="too_few_points",
        )
    return keep


def _mask(masks: list[Mask], keep: np.ndarray, bad: np.ndarray, reason: str, code: str) -> None:
    hit = np.flatnonzero(bad)
    if hit.size:
        masks.append(Mask(indices=tuple(int(i) for i in hit), reason=reason, code=code))
        keep[hit] = False


def _recognise(
    scan: AbsorptionScan, keep: np.ndarray, element: str, edge: str, mode: str | None, settings: XasCheckSettings
) -> Rise:
    """The rise at the study's edge, or a refusal that says which edge is there."""
    expected = edge_energy(element, edge)
    if expected is None:
        raise CheckError(
            source=scan.source.file,
            field="edge",
            problem=f"no {element} {edge} edge in the table",
            hint="edge = 'Ta L3', 'Fe K' …",
            code="no_such_edge",
        )
    e, m = scan.energy_ev[keep], scan.mu[keep]
    reach = settings.edge_tolerance_ev
    whole = largest_rise(e, m)
    found = largest_rise(e, m, expected - reach, expected + reach)
    if not e[0] < expected - 5 < expected + 15 < e[-1]:
        there = _describe(whole, element)
        raise CheckError(
            source=scan.source.file,
            field="edge",
            problem=f"{e[0]:.0f} to {e[-1]:.0f} eV does not hold the {element} {edge} edge at {expected:.0f} eV{there}",
            hint="wrong file, or wrong edge in the study",
            code="edge_outside",
        )
    near = found is not None and abs(found.energy_ev - expected) <= reach
    if near and found is not None and whole is not None and found.height >= 0.15 * whole.height:
        return found
    fall = largest_rise(e, -m, expected - reach, expected + reach)
    if fall is not None and (whole is None or fall.height > 2 * whole.height):
        kind = mode or scan.mode
        other = "fluorescence" if kind == "transmission" else "transmission"
        raise CheckError(
            source=scan.source.file,
            field="mode",
            problem=f"mu falls at {fall.energy_ev:.1f} eV where it must rise: {other} data taken for {kind}?",
            hint=f"set mode = '{other}' in the study, or exchange the detector columns",
            code="mu_falls",
        )
    raise CheckError(
        source=scan.source.file,
        field="edge",
        problem=f"no rise at {element} {edge}, {expected:.0f} eV{_describe(whole, element)}",
        hint="wrong file, or wrong edge in the study",
        code="no_rise",
    )


def _describe(rise: Rise | None, element: str) -> str:
    if rise is None:
        return "; nothing rises in it"
    named = name_edge(rise.energy_ev, 20.0, element)
    what = f" ({named[0]} {named[1]})" if named else ""
    return f"; the largest rise is at {rise.energy_ev:.1f} eV{what}"


def _find_glitches(
    scan: AbsorptionScan, keep: np.ndarray, rise: Rise, settings: XasCheckSettings
) -> tuple[FloatArray, list[tuple[int, ...]]]:
    """Noise of every point, 1 sigma of mu, and runs of points off the smooth curve before and behind the edge."""
    distance = scan.energy_ev - rise.energy_ev
    low, high = settings.xanes_ev
    sigma = np.full(scan.mu.size, np.nan)
    runs: list[tuple[int, ...]] = []
    k = np.sign(distance) * np.sqrt(np.abs(distance) / EV_PER_K2)
    for part, x in ((distance < low, scan.energy_ev), (distance > high, k)):
        index = np.flatnonzero(keep & part)
        if index.size < 12:
            continue
        smooth = find_outliers(x[index], scan.mu[index], alpha=settings.glitch_alpha, most=max(4, index.size // 20))
        sigma[index] = smooth.sigma
        runs += [tuple(int(index[i]) for i in run) for run in group_runs(smooth.outliers)]
    good = np.isfinite(sigma)
    if good.any():
        sigma = np.interp(scan.energy_ev, scan.energy_ev[good], sigma[good])
    else:
        sigma[:] = 1e-3 * rise.height
    return sigma, runs


def _mask_glitches(
    scan: AbsorptionScan,
    keep: np.ndarray,
    runs: list[tuple[int, ...]],
    settings: XasCheckSettings,
    masks: list[Mask],
    findings: list[Finding],
) -> None:
    for run in runs:
        bad = np.zeros(keep.size, dtype=bool)
        bad[list(run)] = True
        bad &= keep
        if not bad.any():
            continue
        where = f"{scan.energy_ev[run[0]]:.1f} eV"
        if len(run) <= settings.max_glitch_points:
            _mask(masks, keep, bad, f"glitch at {where}: off the smooth curve of its neighbours", "glitch")
            problem = f"glitch of {len(run)} point(s) at {where} masked"
            findings.append(Finding(severity="info", field="glitch", problem=problem, code="glitch"))
        else:
            problem = f"{len(run)} points in a row off the smooth curve at {where}: too many for a glitch, kept"
            hint = "look at the raw scan"
            findings.append(Finding(severity="warning", field="mu", problem=problem, hint=hint, code="long_run"))


def _reference(scan: AbsorptionScan) -> tuple[str | None, str | None, float | None]:
    """Element and edge of the foil by its own rise: it need not be the sample's."""
    if scan.reference_mu is None:
        return None, None, None
    good = np.isfinite(scan.reference_mu) & np.isfinite(scan.energy_ev)
    if good.sum() < 20:
        return None, None, None
    rise = largest_rise(scan.energy_ev[good], scan.reference_mu[good])
    named = name_edge(rise.energy_ev, 15.0) if rise else None
    if rise is None or named is None:
        return None, None, None
    return named[0], named[1], rise.energy_ev


def _cut(masks: list[Mask], keep: np.ndarray, scan: AbsorptionScan, foreign: ForeignEdge, rise: Rise) -> Finding:
    """Mask everything behind an edge that ends the usable range."""
    name = f"{foreign.element} {foreign.edge}"
    behind = keep & (scan.energy_ev >= foreign.cut_ev)
    _mask(masks, keep, behind, f"behind the {name} edge", "behind_an_edge")
    k = np.sqrt(max(0.0, foreign.cut_ev - rise.energy_ev) / EV_PER_K2)
    if foreign.own:
        told = f"the {name} edge at {foreign.energy_ev:.0f} eV lies inside the scan"
    else:
        told = f"foreign edge at {foreign.energy_ev:.0f} eV ({name}), {foreign.fraction:.1%} of the edge step"
    problem = f"{told}: {int(behind.sum())} points behind it masked, k ends at {k:.1f} 1/angstrom"
    severity: Literal["info", "warning"] = "info" if foreign.own else "warning"
    return Finding(severity=severity, field="energy", problem=problem)
