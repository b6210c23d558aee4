"""A pellet whose length or diameter is likely wrong: its conductivities are weak, with the reason; R and Ea are not touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.core.values import Verdict
from pipeline.techniques.impedance.comparisons import PelletDensity
from pipeline.techniques.impedance.model import IMPLAUSIBLE_GEOMETRY, ArrheniusFit, ConductivityPoint, PelletFit


def geometry_doubts(pellets: Iterable[PelletFit], densities: Iterable[PelletDensity]) -> dict[str, str]:
    """Sample id -> why its geometry is implausible: the permittivity that it makes, or the density."""
    found = {d.sample: f"pellet density {d.verdict.reason}" for d in densities if d.verdict.level != "resolved"}
    told = {p.sample: f.problem for p in pellets for f in p.findings if f.code == IMPLAUSIBLE_GEOMETRY}
    return found | told


def doubt_points(points: Sequence[ConductivityPoint], doubts: Mapping[str, str]) -> list[ConductivityPoint]:
    """Conductivities of doubted pellets, weak at most."""
    return [replace(p, verdict=_weaker(p.verdict, doubts[p.sample])) if p.sample in doubts else p for p in points]


def doubt_lines(lines: Sequence[ArrheniusFit], doubts: Mapping[str, str]) -> list[ArrheniusFit]:
    """Lines of doubted pellets, weak at most: one verdict stands for sigma(25 °C) and Ea, and says which of them is meant."""
    known = [a.conductivity_25c_s_per_m is not None and a.sample in doubts for a in lines]
    return [
        replace(
            a,
            verdict=_weaker(a.verdict, f"{doubts[a.sample]} (Ea needs no geometry)"),
            conductivity_25c_verdict=_weaker(a.room_verdict, doubts[a.sample]),
        )
        if k
        else a
        for a, k in zip(lines, known, strict=True)
    ]


def _weaker(verdict: Verdict, why: str) -> Verdict:
    if not verdict.printable:
        return verdict
    return Verdict(level="weak", reason=f"{verdict.reason}; {why}", code=f"{verdict.code} geometry_doubted")
