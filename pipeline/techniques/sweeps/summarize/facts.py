"""What sweeps publish: limits and widths by every criterion, how samples differ, and what each sweep passed.

``reduction_limit``, ``oxidation_limit``, ``width``     per sample and criterion; ``headline`` marks those that a paper prints
``limit_difference``                                    per pair of samples (``A − B``), direction and criterion
``peak_current``, ``charge``, ``capacitance``           per sweep: direction, file, loop, part
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.values import Estimate, Fact, Verdict
from pipeline.techniques.sweeps.model import (
    DIRECTIONS,
    Criterion,
    Direction,
    StabilityWindow,
    SweepFit,
    SweepSummary,
    headline_window,
)

NOISE_ALONE = Verdict(
    level="resolved", reason="sigma from the noise of the current alone", code="found sigma_of_noise_alone"
)


def list_facts(summary: SweepSummary) -> Iterator[Fact]:
    """Windows, differences, sweeps; each in the order of the summary."""
    files = _files(summary)
    headlines = {s: headline_window(summary, s) for s in dict.fromkeys(w.sample for w in summary.windows)}
    for w in summary.windows:
        yield from _window_facts(w, files, headline=w is headlines[w.sample])
    for d in summary.differences:
        yield Fact(
            sample=f"{d.sample_a} − {d.sample_b}",
            quantity="limit_difference",
            value=d.difference_v,
            verdict=d.verdict,
            conditions={"direction": d.direction, "criterion": d.criterion.name},
            source=(*files.get((d.sample_a, d.direction), ()), *files.get((d.sample_b, d.direction), ())),
        )
    for sample, fit in summary.sweeps:
        yield from _sweep_facts(sample, fit)


def _files(summary: SweepSummary) -> dict[tuple[str, Direction], tuple[str, ...]]:
    """Files of each sample and direction, each once."""
    found: dict[tuple[str, Direction], dict[str, None]] = {}
    for sample, fit in summary.sweeps:
        found.setdefault((sample, fit.checked.direction), {})[fit.checked.sweep.source.file] = None
    return {key: tuple(names) for key, names in found.items()}


def _window_facts(
    w: StabilityWindow, files: dict[tuple[str, Direction], tuple[str, ...]], *, headline: bool
) -> Iterator[Fact]:
    down, up = (files.get((w.sample, d), ()) for d in DIRECTIONS)
    limits: tuple[tuple[str, Estimate | None, tuple[str, ...]], ...] = (
        ("reduction_limit", w.reduction_limit_v_vs_na, down),
        ("oxidation_limit", w.oxidation_limit_v_vs_na, up),
        ("width", w.width_v, tuple(dict.fromkeys((*down, *up)))),
    )
    details: dict[str, str | float | bool] = {"headline": headline, **_level_of(w.criterion)}
    if w.computed_v_vs_na is not None:
        low, high = w.computed_v_vs_na
        details |= {"computed_reduction_V_vs_Na": low, "computed_oxidation_V_vs_Na": high}
    for quantity, value, source in limits:
        yield Fact(
            sample=w.sample,
            quantity=quantity,
            value=value,
            verdict=w.verdict,
            conditions={"criterion": w.criterion.name},
            details=details,
            source=source,
        )


def _level_of(criterion: Criterion) -> dict[str, float]:
    """The criterion's number, named with its unit."""
    levels = {
        "threshold_ua_per_cm2": criterion.threshold_ua_per_cm2,
        "departure_sigmas": criterion.departure_sigmas,
    }
    return {name: level for name, level in levels.items() if level is not None}


def _sweep_facts(sample: str, fit: SweepFit) -> Iterator[Fact]:
    """Numbers of one sweep that are there."""
    c = fit.checked
    peak, charge = fit.peak_current_a, fit.charge_mah
    found = {
        "peak_current": None if peak is None else Estimate(value=peak, sigma=fit.peak_sigma_a, unit="A"),
        "charge": None if charge is None else Estimate(value=charge, sigma=fit.charge_sigma_mah, unit="mAh"),
        "capacitance": fit.capacitance,
    }
    for quantity, value in found.items():
        if value is not None:
            yield Fact(
                sample=sample,
                quantity=quantity,
                value=value,
                verdict=NOISE_ALONE,
                conditions={
                    "direction": c.direction,
                    "file": c.sweep.source.file,
                    "loop": c.sweep.loop,
                    "part": c.number,
                },
                source=(c.sweep.source.file,),
            )
