"""Conductivity at 25 °C, from the best that there is: measured there, between two neighbours, the sum of regions, the line.

    y = ln(sigma T),   x = -1/(kB T):   measured near 25 °C   y25 = y_i + Ea (x25 - x_i), Ea of the neighbours
                                        between neighbours     y25 = y_1 + (y_2 - y_1) (x25 - x_1)/(x_2 - x_1) + bend
                                        sum of regions         sigma25 = (l/A) / sum R_i(25 °C) of the joint fit

The total of regions with unlike activation energies is no straight line: at 25 °C the line through it is 1 to 5 % off, so it
serves for extrapolation alone.  The bend is that of the parabola through the next neighbour, as far as it exceeds its own error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pipeline.core.sample import Sample
from pipeline.core.values import Z95, Verdict
from pipeline.core.words import percent_text
from pipeline.science.constants import KB_EV_PER_K, S_PER_CM, T_25C_K
from pipeline.science.line_estimates import conductivity_25c
from pipeline.science.statistics import ln_sigma
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint, SeriesFit
from pipeline.techniques.impedance.settings import ArrheniusSettings

TYPICAL_EV, TYPICAL_SIGMA_EV = 0.35, 0.15
"""Activation energy of a solid electrolyte where one temperature alone was measured: it carries a value over 2 K at most."""
LOCAL_RELATIVE = 0.10
"""Relative error of a local activation energy from two neighbours."""
REGIONS_AGREE = 0.03
"""The sum of regions must meet the total measured nearest to 25 °C this well; what the joint fit leaves out is then nothing."""
BEND_CHANGES = 0.5
"""Share of the bend that is not believed: a sum of exponentials is no parabola."""
X_25C = -1 / (KB_EV_PER_K * T_25C_K)
RANK = ("resolved", "weak", "unresolved", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomValue:
    """ln(sigma T) at 25 °C in S K/cm with its statistical sigma, how it was found, and how far it is supported."""

    y: float
    sigma: float
    origin: Literal["measured", "interpolated", "regions"]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Place:
    x: float
    y: float
    sigma: float
    point: ConductivityPoint

    @property
    def kelvin(self) -> float:
        return -1 / (KB_EV_PER_K * self.x)


def place_room_values(
    sample: Sample,
    points: Sequence[ConductivityPoint],
    lines: Sequence[ArrheniusFit],
    series: SeriesFit | None,
    settings: ArrheniusSettings,
) -> tuple[ArrheniusFit, ...]:
    """Lines of one sample (those of ``points``), each with the best conductivity at 25 °C that its quantity and method allow."""
    if sample.pellet is None:
        return tuple(lines)
    out = []
    for line in lines:
        mine = [p for p in points if (p.quantity, p.method) == (line.quantity, line.method)]
        out.append(_with_room(line, _best(sample, mine, line, series, settings)))
    return tuple(out)


def _best(
    sample: Sample,
    points: Sequence[ConductivityPoint],
    line: ArrheniusFit,
    series: SeriesFit | None,
    settings: ArrheniusSettings,
) -> RoomValue | None:
    """None where the line alone can tell, or nothing."""
    regions = _regions(sample, series) if line.quantity == "total" else None
    if line.method == "series":
        return regions
    places = sorted((p for p in map(_place, points) if p is not None), key=lambda p: p.x)
    near = [p for p in places if abs(p.kelvin - T_25C_K) <= settings.measured_within_k]
    if near:
        return _measured(near, places, line, settings)
    if not places:
        return None
    if places[0].x < X_25C < places[-1].x:
        return _interpolated(places, settings)
    closest = min(places, key=lambda p: abs(p.x - X_25C))
    return regions if regions is not None and series is not None and _agrees(sample, series, closest) else None


def _place(p: ConductivityPoint) -> _Place | None:
    e, kelvin = p.conductivity_s_per_m, p.temperature_k
    if e is None or kelvin is None or not p.verdict.printable:
        return None
    return _Place(-1 / (KB_EV_PER_K * kelvin), float(np.log(e.value * S_PER_CM * kelvin)), ln_sigma(e), p)


def _measured(
    near: Sequence[_Place], places: Sequence[_Place], line: ArrheniusFit, settings: ArrheniusSettings
) -> RoomValue:
    """The measurements nearest to 25 °C, carried there; several at one temperature are averaged, with their scatter."""
    first = min(near, key=lambda p: abs(p.x - X_25C))
    same = [p for p in near if abs(p.kelvin - first.kelvin) <= settings.repeat_within_k]
    energy, error, how = _local_energy(first, places, line, settings.repeat_within_k)
    y = np.array([p.y + energy * (X_25C - p.x) for p in same])
    own = np.array([np.hypot(p.sigma, error * abs(X_25C - p.x)) for p in same])
    weights = own**-2 / np.sum(own**-2)
    mean, sigma = float(weights @ y), float(np.sum(own**-2) ** -0.5)
    if len(same) > 1:
        sigma = max(sigma, float(np.std(y, ddof=1) / np.sqrt(len(same))))
    text = f"measured at {first.kelvin:.2f} K"
    text += f", {len(same)} times" if len(same) > 1 else ""
    text += f", carried to 25 °C by {energy:.2f} eV {how}" if abs(first.kelvin - T_25C_K) > 0.005 else ""
    return _judged(mean, sigma, "measured", text, same, settings)


def _local_energy(
    at: _Place, places: Sequence[_Place], line: ArrheniusFit, within_k: float
) -> tuple[float, float, str]:
    """Slope between the neighbours on both sides, else to the only one; else the line's; else what is typical; with its error."""
    below = [p for p in places if p.kelvin < at.kelvin - within_k]
    above = [p for p in places if p.kelvin > at.kelvin + within_k]
    ends = (below[-1] if below else at, above[0] if above else at)
    if ends[0].x < ends[1].x:
        slope = (ends[1].y - ends[0].y) / (ends[1].x - ends[0].x)
        own = float(np.hypot(ends[0].sigma, ends[1].sigma)) / (ends[1].x - ends[0].x)
        if slope > 0:
            return slope, float(np.hypot(LOCAL_RELATIVE * slope, own)), "of its neighbours"
    if line.activation_energy_ev is not None and line.verdict.printable:
        return line.activation_energy_ev.value, line.activation_energy_ev.sigma, "of the line"
    return TYPICAL_EV, TYPICAL_SIGMA_EV, "(typical: no other temperature was measured)"


def _interpolated(places: Sequence[_Place], settings: ArrheniusSettings) -> RoomValue:
    """Between the neighbours on both sides."""
    i = next(i for i, p in enumerate(places) if p.x > X_25C)
    low, high = places[i - 1], places[i]
    f = (X_25C - low.x) / (high.x - low.x)
    y = low.y + f * (high.y - low.y)
    variance = ((1 - f) * low.sigma) ** 2 + (f * high.sigma) ** 2
    others = [p for p in (*places[: i - 1], *places[i + 1 :]) if min(abs(p.x - low.x), abs(p.x - high.x)) > 0]
    if others:
        third = min(others, key=lambda p: abs(p.x - X_25C))
        bend, error = _bend(low, high, third)
        real = bend**2 / (bend**2 + error**2) if bend else 0.0
        y += real * bend
        variance += (real * error) ** 2 + ((1 - real) * bend) ** 2 + (BEND_CHANGES * bend) ** 2
    text = f"between {low.kelvin:.2f} and {high.kelvin:.2f} K"
    return _judged(y, float(np.sqrt(variance)), "interpolated", text, (low, high), settings)


def _bend(low: _Place, high: _Place, third: _Place) -> tuple[float, float]:
    """What the parabola through the three is off the straight line of the first two at 25 °C, and its error."""
    factor = (X_25C - low.x) * (X_25C - high.x) / ((third.x - low.x) * (third.x - high.x))
    f = (third.x - low.x) / (high.x - low.x)
    off = third.y - (low.y + f * (high.y - low.y))
    error = np.sqrt(third.sigma**2 + ((1 - f) * low.sigma) ** 2 + (f * high.sigma) ** 2)
    return float(factor * off), float(abs(factor) * error)


def _regions(sample: Sample, series: SeriesFit | None) -> RoomValue | None:
    """The sum of the joint fit's resistances at 25 °C, where it may be used."""
    if series is None or sample.pellet is None or not series.usable.printable or not series.resistance_25c_ohm:
        return None
    parts = [series.resistance_25c_ohm[i] for i in series.sample_places]
    if not parts:
        return None
    total, sigma = sum(p.value for p in parts), float(np.sqrt(sum(p.sigma**2 for p in parts)))
    y = float(np.log(sample.pellet.cell_constant_per_m * S_PER_CM * T_25C_K / total))
    text = f"sum of {len(parts)} region(s) of the joint fit at 25 °C, {percent_text(sigma / total)}"
    verdict = Verdict(level=series.usable.level, reason=text, code="room_regions")
    return RoomValue(y=y, sigma=sigma / total, origin="regions", verdict=verdict)


def _agrees(sample: Sample, series: SeriesFit, closest: _Place) -> bool:
    """Whether the sum of regions meets the total that was measured nearest to 25 °C."""
    at = [i for i, t in enumerate(series.temperature_k) if abs(t - closest.kelvin) < 0.01]
    if not at or sample.pellet is None:
        return False
    total = sum(series.arcs[i].resistance_ohm[at[0]].value for i in series.sample_places)
    y = float(np.log(sample.pellet.cell_constant_per_m * S_PER_CM * closest.kelvin / total))
    return abs(y - closest.y) <= max(3 * closest.sigma, REGIONS_AGREE)


def _judged(
    y: float,
    sigma: float,
    origin: Literal["measured", "interpolated"],
    text: str,
    used: Sequence[_Place],
    limits: ArrheniusSettings,
) -> RoomValue:
    """As well supported as the weakest measurement that it was made from, and no better than its sigma."""
    worst = max((p.point.verdict.level for p in used), key=RANK.index)
    text = f"{text}, {percent_text(sigma)} without geometry"
    if sigma > limits.weak_sigma:
        worst, text = "unresolved", f"{text}: worse than {limits.weak_sigma:.0%}"
    elif sigma > limits.resolved_sigma and worst == "resolved":
        worst, text = "weak", f"{text}: worse than {limits.resolved_sigma:.0%}"
    elif worst == "weak":
        text += f"; {used[0].point.verdict.reason}"
    return RoomValue(y=y, sigma=sigma, origin=origin, verdict=Verdict(level=worst, reason=text, code=f"room_{origin}"))


def _with_room(line: ArrheniusFit, room: RoomValue | None) -> ArrheniusFit:
    if room is None:
        if line.conductivity_25c_s_per_m is None:
            return line
        origin: Literal["series", "line"] = "series" if line.method == "series" else "line"
        verdict = replace(line.verdict, code=f"room_{origin}")
        return replace(line, conductivity_25c_origin=origin, conductivity_25c_verdict=verdict)
    ln = room.y - float(np.log(T_25C_K))
    return replace(
        line,
        conductivity_25c_s_per_m=conductivity_25c(ln, room.sigma, Z95, line.geometry_relative_sigma),
        conductivity_25c_origin=room.origin,
        conductivity_25c_verdict=room.verdict,
    )
