"""Temperatures that a study writes: the numbers of a pattern's braces, and those that contradict the others.

Cells are measured from -150 to 1000 °C: no temperature is odd because it is high.  It is odd where it contradicts the other files
(298 "°C" beside 25 °C is 298 K) or what the instrument recorded; then a finding says which line to change, and nothing is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.core.values import Finding

LEAST_SUSPECT_C = 100.0
"""°C below which a number is no temperature in K that anyone measures at."""
MOST_SUSPECT_C = 450.0
"""... and above which it would be no room, cold or warm chamber in K."""
NEAR_K, FAR_K = 15.0, 100.0
"""Read as K it lies among the others within the first, as written it lies beyond all of them by the second."""
MIN_KELVIN = 100.0
"""Colder no ion moves: a number of °C given as kelvin."""
RECORDED_K = 20.0
"""By which a study may differ from a temperature that the instrument recorded: its sensor may lie in the room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldTemperature:
    """What somebody wrote: the temperature of one file, and in which unit."""

    file: str
    kelvin: float
    in_kelvin: bool = False
    """True where it was written in K, or recorded by the instrument."""


def from_celsius(celsius: float) -> float:
    """Temperature in K."""
    from pipeline.science.constants import ZERO_CELSIUS_K

    return celsius + ZERO_CELSIUS_K


def to_celsius(kelvin: float) -> float:
    """Temperature in °C."""
    from pipeline.science.constants import ZERO_CELSIUS_K

    return kelvin - ZERO_CELSIUS_K


def to_kelvin(numbers: Mapping[str, float]) -> float | None:
    """Temperature in K of ``temperature_c`` or ``temperature_k``; None where neither was read."""
    if "temperature_c" in numbers:
        return round(from_celsius(numbers["temperature_c"]), 6)
    return round(numbers["temperature_k"], 6) if "temperature_k" in numbers else None


def find_odd(told: Sequence[ToldTemperature]) -> dict[str, Finding]:
    """File -> the finding that its temperature is likely in the other unit.

    A number of °C is odd where, read as K, it lies among the other files, while as written a wide gap lies between it and them.
    Where one is odd, so are the others beyond the gap.
    """
    found = {t.file: _as_celsius(t) for t in told if t.in_kelvin and t.kelvin < MIN_KELVIN}
    order = sorted((t for t in told if t.file not in found), key=lambda t: t.kelvin)
    for i, (below, above) in enumerate(pairwise(order), start=1):
        if above.kelvin - below.kelvin <= FAR_K:
            continue
        low, high = order[0].kelvin, below.kelvin
        far = [t for t in order[i:] if not t.in_kelvin and LEAST_SUSPECT_C <= to_celsius(t.kelvin) <= MOST_SUSPECT_C]
        if any(low - NEAR_K <= to_celsius(t.kelvin) <= high + NEAR_K for t in far):
            return found | {t.file: _as_kelvin(t, low, high) for t in far}
    return found


def _as_kelvin(t: ToldTemperature, low: float, high: float) -> Finding:
    value = to_celsius(t.kelvin)
    rest = f"{to_celsius(low):.6g}" + (f" to {to_celsius(high):.6g}" if high - low > 0.01 else "")
    return Finding(
        severity="warning",
        field="temperature",
        problem=f"{value:.6g} °C beside {rest} °C of other files: kelvin given as °C?",
        hint=f"then write temperature_k = {value:.6g} in its [[sample.eis]] table, or {{temperature_k}} for {{temperature_c}} in "
        f"its pattern; if it is right, temperature_k = {t.kelvin:.6g} says so",
        code="kelvin_as_celsius",
    )


def _as_celsius(t: ToldTemperature) -> Finding:
    return Finding(
        severity="warning",
        field="temperature",
        problem=f"{t.kelvin:.6g} K: °C given as kelvin?",
        hint=f"then write temperature_c = {t.kelvin:.6g} in its [[sample.eis]] table, or {{temperature_c}} for "
        f"{{temperature_k}} in its pattern; if it is right, temperature_c = {to_celsius(t.kelvin):.6g} says so",
        code="celsius_as_kelvin",
    )


def compare_recorded(recorded_k: float | None, given_k: float) -> Finding | None:
    """The finding that the study contradicts the temperature that the instrument recorded; None where it does not."""
    if recorded_k is None or abs(recorded_k - given_k) <= RECORDED_K:
        return None
    problem = f"the file recorded {to_celsius(recorded_k):.1f} °C, the study says {to_celsius(given_k):.6g} °C"
    hint = "was the sensor in the cell? The study is believed; give no temperature in it to take the file's"
    if abs(to_celsius(given_k) - recorded_k) <= RECORDED_K:
        problem += ": kelvin given as °C?"
        hint = f"write temperature_k = {to_celsius(given_k):.6g} in its [[sample.eis]] table"
    return Finding(severity="warning", field="temperature", problem=problem, hint=hint, code="temperature_contradicted")
