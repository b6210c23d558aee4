"""The key numbers of impedance, from facts: conductivity at 25 °C and activation energy of the headline line.

Beside them what was measured nearest to 25 °C, at its own temperature: of one temperature, or of none that is known, it is all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.core.key import KeyCell, KeyColumn, KeyPart
from pipeline.core.report.text import DASH, celsius_text, estimate_text, interval_text, plain, si_text
from pipeline.core.tables import Row, columns, number, spread
from pipeline.core.values import Estimate, Fact
from pipeline.science.constants import S_PER_CM, T_25C_K

KEY = columns(
    "conductivity_25C_S_per_cm:estimate extrapolated:flag activation_energy_eV:estimate "
    "second_activation_energy_eV:sigma kink_temperature_K:sigma conductivity_method conductivity_verdict "
    "conductivity_S_per_cm:estimate conductivity_temperature_K:number total_resistance_ohm:estimate total_verdict "
    "conductivity_25C_origin conductivity_25C_S_per_cm_sigma_statistical:number "
    "conductivity_25C_S_per_cm_sigma_systematic:number activation_energy_eV_sigma_statistical:number "
    "activation_energy_eV_sigma_systematic:number conductivity_S_per_cm_sigma_statistical:number "
    "conductivity_S_per_cm_sigma_systematic:number total_resistance_ohm_sigma_statistical:number "
    "total_resistance_ohm_sigma_systematic:number relative_density:sigma"
)
HEADLINE = ("conductivity_25C", "activation_energy", "second_activation_energy", "kink_temperature")


def _headline(facts: Sequence[Fact]) -> Mapping[str, Fact]:
    """Its numbers by quantity; empty where a sample has no line."""
    found = {f.quantity: f for f in facts if f.quantity in HEADLINE}
    return found if {"conductivity_25C", "activation_energy"} <= found.keys() else {}


def _kelvin(fact: Fact) -> float | None:
    """Temperature of a measured fact; None where it is not known."""
    at = fact.conditions.get("temperature_K")
    return at if isinstance(at, float) else None


def _parts(name: str, fact: Fact | None, factor: float = 1.0) -> Row:
    """The two parts of the sigma of a number that is given."""
    if fact is None or fact.shown is None:
        return {}
    known = {part: fact.details.get(f"sigma_{part}") for part in ("statistical", "systematic")}
    return {f"{name}_sigma_{part}": number(v, factor) for part, v in known.items() if isinstance(v, float)}


def _dense(facts: Sequence[Fact]) -> Estimate | None:
    """Relative density of the pellet."""
    return next((f.shown for f in facts if f.quantity == "relative_density"), None)


def _pores(facts: Sequence[Fact]) -> tuple[str, ...]:
    dense = _dense(facts)
    return () if dense is None else (f"pellet {dense.value:.0%} ± {dense.sigma:.0%} dense",)


def _notes(fact: Fact, interval: str, factor: float = 1.0) -> tuple[str, ...]:
    """What stands below a number: its interval, and how much of its sigma no repetition would take away."""
    value, systematic = fact.value, fact.details.get("sigma_systematic")
    if value is None or not isinstance(systematic, float) or systematic <= 0:
        return tuple(n for n in (interval,) if n)
    share = f"systematic ± {plain(systematic * factor, 2)}"
    return tuple(n for n in (interval, share) if n)


def measured_nearest(facts: Sequence[Fact]) -> tuple[Fact, Fact | None] | None:
    """Total resistance and conductivity measured nearest to 25 °C; of those that are given where any is. None without spectra."""
    found = [f for f in facts if f.quantity == "total_resistance"]
    if not found:
        return None

    def rank(fact: Fact) -> tuple[bool, bool, float]:
        kelvin = _kelvin(fact)
        return fact.shown is None, kelvin is None, abs((kelvin or T_25C_K) - T_25C_K)

    best = min(found, key=rank)
    same = (f for f in facts if f.quantity == "conductivity" and f.conditions == best.conditions)
    return best, next(same, None)


def key_row(facts: Sequence[Fact]) -> Row:
    """The columns ``KEY``; withheld numbers are missing."""
    return {**_line_row(facts), **_measured_row(facts), **spread("relative_density", _dense(facts), interval=False)}


def _measured_row(facts: Sequence[Fact]) -> Row:
    nearest = measured_nearest(facts)
    if nearest is None:
        return {}
    resistance, sigma = nearest
    return {
        **spread("conductivity_S_per_cm", None if sigma is None else sigma.shown, S_PER_CM),
        "conductivity_temperature_K": number(_kelvin(resistance)),
        **spread("total_resistance_ohm", resistance.shown),
        "total_verdict": resistance.verdict.level,
        **_parts("conductivity_S_per_cm", sigma, S_PER_CM),
        **_parts("total_resistance_ohm", resistance),
    }


def _line_row(facts: Sequence[Fact]) -> Row:
    line = _headline(facts)
    if not line:
        return {}
    room, energy = line["conductivity_25C"], line["activation_energy"]
    second, kink = (line[q].shown if q in line else None for q in ("second_activation_energy", "kink_temperature"))
    return {
        **spread("conductivity_25C_S_per_cm", room.shown, S_PER_CM),
        "extrapolated": room.details["extrapolated"],
        **spread("activation_energy_eV", energy.shown),
        **spread("second_activation_energy_eV", second, interval=False),
        **spread("kink_temperature_K", kink, interval=False),
        "conductivity_method": room.details["method"],
        "conductivity_verdict": room.verdict.level,
        "conductivity_25C_origin": room.details.get("origin", ""),
        **_parts("conductivity_25C_S_per_cm", room, S_PER_CM),
        **_parts("activation_energy_eV", energy),
    }


def conductivity_cells(facts: Sequence[Fact]) -> Sequence[KeyCell]:
    """Conductivity at 25 °C in mS/cm; where there is none, why."""
    line = _headline(facts)
    if not line:
        return ()
    room = line["conductivity_25C"]
    if not room.verdict.printable:
        return (KeyCell(text=DASH, verdict=room.verdict, notes=(room.verdict.reason,)),)
    if room.value is None:
        return (KeyCell(text=DASH, remark="(no pellet geometry)"),)
    remark = "(extrapolated)" if room.details["extrapolated"] else ""
    notes = (*_notes(room, interval_text(room.value, 10.0), 10.0), *_pores(facts))
    return (KeyCell(text=estimate_text(room.value, 10.0), remark=remark, verdict=room.verdict, notes=notes),)


def energy_cells(facts: Sequence[Fact]) -> Sequence[KeyCell]:
    """Activation energy in eV, and the second one where the line bends; the reason for none stands by the conductivity."""
    line = _headline(facts)
    if not line:
        return ()
    energy = line["activation_energy"]
    if energy.shown is None:
        return (KeyCell(text=DASH),)
    bend = ""
    kink, second = line.get("kink_temperature"), line.get("second_activation_energy")
    if kink is not None and kink.shown is not None:
        above = None if second is None else second.shown
        bend = f"→ {estimate_text(above)} above {kink.shown.value:.0f} K"
    notes = _notes(energy, interval_text(energy.shown))
    return (KeyCell(text=estimate_text(energy.shown), remark=bend, verdict=energy.verdict, notes=notes),)


def _unplaced(facts: Sequence[Fact]) -> tuple[Fact, Fact | None, str] | None:
    """What was measured nearest to 25 °C and where, for a sample whose conductivity at 25 °C is not given."""
    line, nearest = _headline(facts), measured_nearest(facts)
    if nearest is None or (line and line["conductivity_25C"].shown is not None):
        return None
    kelvin = _kelvin(nearest[0])
    return *nearest, "(temperature not known)" if kelvin is None else f"(at {celsius_text(kelvin)})"


def measured_cells(facts: Sequence[Fact]) -> Sequence[KeyCell]:
    """Conductivity at the measured temperature nearest to 25 °C, where there is none at 25 °C."""
    found = _unplaced(facts)
    if found is None:
        return ()
    _, sigma, where = found
    if sigma is None:
        return ()
    if sigma.verdict.code == "no_geometry":
        return (KeyCell(text=DASH, remark="(no pellet geometry)"),)
    if sigma.shown is None:
        return (KeyCell(text=DASH, verdict=sigma.verdict, notes=(sigma.verdict.reason,)),)
    notes = (*_notes(sigma, interval_text(sigma.shown, 10.0), 10.0), *_pores(facts))
    return (KeyCell(text=estimate_text(sigma.shown, 10.0), remark=where, verdict=sigma.verdict, notes=notes),)


def resistance_cells(facts: Sequence[Fact]) -> Sequence[KeyCell]:
    """Total resistance at that temperature; where it is withheld, why."""
    found = _unplaced(facts)
    if found is None:
        return ()
    total, _, where = found
    if total.shown is None:
        return (KeyCell(text=DASH, remark=where, verdict=total.verdict, notes=(total.verdict.reason,)),)
    text, interval = si_text(total.shown, "Ω")
    return (KeyCell(text=text, remark=where, verdict=total.verdict, notes=(interval,)),)


KEY_PART = KeyPart(
    columns=KEY,
    row=key_row,
    shown=(
        KeyColumn(head="σ(25 °C) / mS cm⁻¹", cells=conductivity_cells),
        KeyColumn(head="Ea of ln(σT) / eV", cells=energy_cells),
        KeyColumn(head="σ measured / mS cm⁻¹", cells=measured_cells),
        KeyColumn(head="R total", cells=resistance_cells),
    ),
)
