"""Cells -> what they say of their samples: repeats of one sample together, samples against each other, facts.

n cells of one sample:  mean, spread s between them, sigma of the mean s / sqrt(n), never below what each cell brings
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Never

import numpy as np

from pipeline.core.technique import Results, Summed
from pipeline.core.values import Estimate, Fact, Level, Verdict
from pipeline.core.words import number_text
from pipeline.science.statistics import student_t
from pipeline.techniques.cycling.model import CellDifference, CellTest, CyclingSummary, Repeat
from pipeline.techniques.cycling.settings import CompareSettings

RANK: tuple[Level, ...] = ("resolved", "weak", "unresolved", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One quantity of one cell."""

    quantity: str
    rate_c: float | None
    value: Estimate
    verdict: Verdict
    file: str
    cycles: int = 0
    """After how many, of a retention."""

    @property
    def key(self) -> tuple[str, float | None, int]:
        """What may be averaged over cells; a first cycle is one at whatever rate."""
        return self.quantity, None if self.quantity.startswith("first") else self.rate_c, self.cycles


def summarize_cells(results: Results[CellTest, Never], settings: CompareSettings) -> Summed[CyclingSummary]:
    """Summary and facts of all cells of a run."""
    by_sample: dict[str, dict[tuple[str, float | None, int], list[Said]]] = {}
    for sample, cell in results.fitted:
        mine = by_sample.setdefault(sample, {})
        for said in quantities(cell):
            mine.setdefault(said.key, []).append(said)
    repeats = {s: {k: _repeat(s, k, v) for k, v in mine.items()} for s, mine in by_sample.items()}
    differences = tuple(_differences(repeats, settings))
    flat = tuple(r for mine in repeats.values() for r in mine.values())
    summary = CyclingSummary(cells=results.fitted, repeats=flat, differences=differences)
    return Summed(summary=summary, facts=tuple(_facts(repeats, by_sample)))


def quantities(cell: CellTest) -> Iterator[Said]:
    """What a cell gives that a paper prints: the first cycle, every rate, the retention."""
    file = cell.files[0]
    first = next((c for c in cell.cycles if c.number == 1), None)
    for name in ("charge", "discharge") if first is not None else ():
        half = getattr(first, name)
        if half is not None and half.mah_per_g is not None and half.verdict.printable:
            yield Said(
                quantity=f"first_{name}_capacity",
                rate_c=half.rate_c,
                value=half.mah_per_g,
                verdict=half.verdict,
                file=file,
            )
    if first is not None and first.efficiency_percent is not None and first.verdict.printable:
        yield Said(
            quantity="first_efficiency", rate_c=None, value=first.efficiency_percent, verdict=first.verdict, file=file
        )
    seen: set[float | None] = set()
    for block in cell.blocks:
        if block.discharge_mah_per_g is None or block.rate_c is None or block.rate_c in seen:
            continue
        seen.add(block.rate_c)
        n = len(block.cycles)
        verdict = Verdict(level="resolved", reason=f"mean of {n} cycle(s)", code="mean")
        yield Said(
            quantity="discharge_capacity",
            rate_c=block.rate_c,
            value=block.discharge_mah_per_g,
            verdict=verdict,
            file=file,
        )
    for r in cell.retentions:
        yield Said(
            quantity="retention",
            rate_c=r.rate_c,
            value=r.retention_percent,
            verdict=r.verdict,
            file=file,
            cycles=r.to_cycle - r.from_cycle,
        )


def _repeat(sample: str, key: tuple[str, float | None, int], said: Sequence[Said]) -> Repeat:
    values = np.array([s.value.value for s in said])
    level = max((s.verdict.level for s in said), key=RANK.index)
    n = values.size
    if n == 1:
        verdict, mean, spread = said[0].verdict, said[0].value, None
    else:
        spread = float(np.std(values, ddof=1))
        own = float(np.sqrt(np.mean([s.value.sigma**2 for s in said]) / n))
        sigma = max(spread / np.sqrt(n), own)
        half = float(student_t(n - 1)) * sigma
        centre = float(values.mean())
        mean = Estimate(value=centre, sigma=sigma, unit=said[0].value.unit, low95=centre - half, high95=centre + half)
        apart = number_text(spread, 0.1 * spread).split(" ± ")[0]
        words = f"mean of {n} cells, standard deviation {apart} {mean.unit}"
        verdict = Verdict(level=level, reason=words, code="cells")
    quantity = key[0] if not key[2] else f"{key[0]}_after_{key[2]}"
    rates = {s.rate_c for s in said}
    rate = rates.pop() if len(rates) == 1 else None
    return Repeat(sample=sample, quantity=quantity, rate_c=rate, mean=mean, spread=spread, n_cells=n, verdict=verdict)


def _differences(
    repeats: Mapping[str, Mapping[tuple[str, float | None, int], Repeat]], settings: CompareSettings
) -> Iterator[CellDifference]:
    for a, b in combinations(repeats, 2):
        for key in repeats[a]:
            if key not in repeats[b]:
                continue
            x, y = repeats[a][key], repeats[b][key]
            value = x.mean.value - y.mean.value
            sigma = float(np.hypot(x.mean.sigma, y.mean.sigma))
            significant = abs(value) > settings.significant_sigmas * sigma
            words = (
                f"{'significant' if significant else 'not significant'}: {value / sigma:+.1f} sigma"
                if sigma
                else "no sigma"
            )
            few = min(x.n_cells, y.n_cells)
            if few == 1:
                words += "; a sample of one cell: how its cells differ is not in it"
            level = max(("weak" if few == 1 else "resolved", x.verdict.level, y.verdict.level), key=RANK.index)
            code = f"{'significant' if significant else 'not_significant'}{' one_cell' if few == 1 else ''}"
            yield CellDifference(
                sample_a=a,
                sample_b=b,
                quantity=x.quantity,
                rate_c=x.rate_c if x.rate_c == y.rate_c else None,
                difference=Estimate(value=value, sigma=sigma, unit=x.mean.unit),
                verdict=Verdict(level=level, reason=words, code=code),
            )


def _facts(
    repeats: Mapping[str, Mapping[tuple[str, float | None, int], Repeat]],
    said: Mapping[str, Mapping[tuple[str, float | None, int], Sequence[Said]]],
) -> Iterable[Fact]:
    for sample, mine in repeats.items():
        for (quantity, rate, cycles), r in mine.items():
            conditions: dict[str, str | float | bool] = {}
            details: dict[str, str | float | bool] = {"n_cells": r.n_cells}
            if rate is not None:
                conditions["rate_C"] = rate
            elif r.rate_c is not None:
                details["rate_C"] = r.rate_c
            if cycles:
                conditions["after_cycles"] = cycles
            if r.spread is not None:
                details["spread"] = r.spread
            files = tuple(dict.fromkeys(s.file for s in said[sample][quantity, rate, cycles]))
            yield Fact(
                sample=sample,
                quantity=quantity,
                value=r.mean,
                verdict=r.verdict,
                conditions=conditions,
                details=details,
                source=files,
            )
