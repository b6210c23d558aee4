"""Records of a run -> its summary, in the order of the study, and the facts of absorption.

    distance, coordination, sigma2, e0_shift, s02     per sample, edge and shell
    distance_difference                               the same, against the reference
    ms_to_ss_change, bend                             per sample and edge, against the reference
    e0, edge_step, white_line, white_line_area        per sample and edge

E0 is that of the merged spectrum; its uncertainty is the standard error of the scans' own, u = s/sqrt(n), and of their alignment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.core.technique import Results, Summed
from pipeline.core.values import Estimate, Fact, Verdict
from pipeline.techniques.absorption.model import (
    AbsorptionSummary,
    Distortion,
    EdgeKey,
    EdgeResult,
    ReducedAbsorption,
    ReducedOrXanes,
    ShellFit,
    Xanes,
    edge_sigma,
)

Words = dict[str, str | float | bool]


def summarize_edges(results: Results[ReducedOrXanes, EdgeResult]) -> Summed[AbsorptionSummary]:
    """Reductions by sample and edge, fits by edge; within one edge they stay in the order in which they were made."""
    order = {s.id: i for i, s in enumerate(results.samples)}
    fitted = sorted(
        (r for _, r in results.fitted), key=lambda r: (order.get(r.sample, len(order)), f"{r.element} {r.edge}")
    )
    near = (r.xanes if isinstance(r, ReducedAbsorption) else r for r in fitted)
    joined = [x for _, x in sorted(results.joined, key=lambda pair: pair[0])]
    summary = AbsorptionSummary(
        absorption=tuple(r for r in fitted if isinstance(r, ReducedAbsorption)),
        xanes=tuple(x for x in near if x is not None),
        shells=tuple(x for x in joined if isinstance(x, ShellFit)),
        distortions=tuple(x for x in joined if isinstance(x, Distortion)),
    )
    return Summed(summary=summary, facts=tuple(list_facts(summary)))


def list_facts(summary: AbsorptionSummary) -> Iterator[Fact]:
    """Every number that a paper prints, with its verdict and its files."""
    files = {r.key: tuple(dict.fromkeys(s.file for s in r.scans if s.used)) for r in summary.absorption}
    for reduced in summary.absorption:
        yield from _edge_facts(reduced, files[reduced.key])
    for xanes in summary.xanes:
        yield from _near_edge_facts(xanes, whole=xanes.key not in files)
    for shell in summary.shells:
        yield from _shell_facts(shell, files)
    for found in summary.distortions:
        if found.compared:
            yield from _distortion_facts(found, files)


def _edge_facts(reduced: ReducedAbsorption, files: tuple[str, ...]) -> Iterator[Fact]:
    used = [s for s in reduced.scans if s.used]
    verdict = Verdict(level="resolved", reason=f"{len(used)} of {len(reduced.scans)} scans merged", code="merged")
    sigma = edge_sigma(reduced.scans)
    origin = "scatter of the scans and of their alignment" if sigma else "not known: one scan"
    found: tuple[tuple[str, Estimate, Words], ...] = (
        ("e0", Estimate(value=reduced.e0_ev, sigma=sigma, unit="eV"), {"sigma_from": origin}),
        ("edge_step", reduced.edge_step, {"bias": reduced.edge_step_bias}),
    )
    for quantity, value, details in found:
        yield Fact(
            sample=reduced.sample,
            quantity=quantity,
            value=value,
            verdict=verdict,
            conditions={"edge": f"{reduced.element} {reduced.edge}"},
            details={**details, "scans": float(len(used))},
            source=files,
        )


def _near_edge_facts(xanes: Xanes, *, whole: bool) -> Iterator[Fact]:
    """White line; of a spectrum that is no more than that (``whole``), e0 and edge step too."""
    found: list[tuple[str, Estimate | None]] = [
        ("white_line", xanes.white_line),
        ("white_line_area", xanes.white_line_area),
    ]
    if whole:
        found = [("e0", xanes.e0), ("edge_step", xanes.edge_step), *found]
    for quantity, value in found:
        if value is not None:
            yield Fact(
                sample=xanes.sample,
                quantity=quantity,
                value=value,
                verdict=xanes.verdict,
                conditions={"edge": f"{xanes.element} {xanes.edge}"},
                source=tuple(dict.fromkeys(s.file for s in xanes.scans if s.used)),
            )


def _shell_facts(fit: ShellFit, files: Mapping[EdgeKey, tuple[str, ...]]) -> Iterator[Fact]:
    details: Words = {"structure": fit.structure, "s02_origin": fit.s02_origin, "k_min": fit.k_min, "k_max": fit.k_max}
    difference = fit.distance_difference_angstrom
    parts: Words = {
        "systematic_angstrom": fit.systematic_angstrom,
        "statistical_angstrom": fit.distance_sigma_statistical_angstrom,
        "theory_angstrom": fit.distance_sigma_theory_angstrom,
        "phase": fit.distance_origin,
    }
    against: Words = {"reference": fit.distance_reference}
    found: tuple[tuple[str, Estimate, Words], ...] = (
        ("distance", fit.distance_angstrom, parts),
        *((("distance_difference", difference, against),) if difference is not None else ()),
        ("coordination", fit.coordination, {}),
        ("sigma2", fit.sigma2_angstrom2, {}),
        ("e0_shift", fit.e0_shift_ev, {}),
        ("s02", fit.s02, {}),
    )
    for quantity, value, more in found:
        yield Fact(
            sample=fit.sample,
            quantity=quantity,
            value=value,
            verdict=fit.verdict,
            conditions={"edge": f"{fit.element} {fit.edge}", "shell": f"{fit.element}-{fit.shell}"},
            details={**details, **more},
            source=files.get(fit.key, ()),
        )


def _distortion_facts(found: Distortion, files: Mapping[EdgeKey, tuple[str, ...]]) -> Iterator[Fact]:
    reference = found.reference_sample or ""
    mine = files.get((found.sample, found.element, found.edge), ())
    its = files.get((reference, found.element, found.edge), ())
    for quantity, value in (("ms_to_ss_change", found.relative_change), ("bend", found.bend_degree)):
        yield Fact(
            sample=found.sample,
            quantity=quantity,
            value=value,
            verdict=found.verdict,
            conditions={"edge": f"{found.element} {found.edge}", "reference": reference},
            details={"method": "tied fit"},
            source=(*mine, *its),
        )
