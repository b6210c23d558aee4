"""Summary of impedance -> facts: every number that a paper prints, with what tells it from others of its kind.

conductivity_25C, activation_energy        of the headline line; second_activation_energy, kink_temperature where it bends
region_conductivity_25C, _activation_energy    of every line of a region; conditions region, method, basis
total_resistance, conductivity             of each spectrum; conditions temperature_K (``not known`` where nobody tells it),
                                           and repeat from the second one on
density, relative_density                  of a pellet
optimum_x_lcf, optimum_conductivity_25C    of a composition series, under its name
conductivity_ratio, x_difference           of two series, under both names
meyer_neldel_energy                        of all samples together, under no name
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.core.values import Estimate, Fact
from pipeline.science.conduction import with_geometry
from pipeline.science.statistics import widen
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint, ImpedanceSummary
from pipeline.techniques.impedance.summarize.error_budget import whole_resistance
from pipeline.techniques.impedance.summarize.headline import headline_line

NOT_KNOWN = "not known"


def list_facts(summary: ImpedanceSummary, undoubted: Sequence[ConductivityPoint]) -> Iterator[Fact]:
    """All facts of a run, sample by sample.

    Parameters
    ----------
    undoubted:
        The conductivity points before a doubt about a pellet's geometry weakened them: their verdicts are the resistances'.
    """
    for sample in summary.samples:
        line = headline_line(summary, sample.id)
        if line is not None:
            yield from _headline(line, _files(summary, line))
        yield from _spectra(summary, sample.id, undoubted)
        for line in summary.arrhenius:
            if line.sample == sample.id and line.quantity != "total":
                yield from _region(line, _files(summary, line))
    yield from _densities(summary)
    yield from _series(summary)


def _files(summary: ImpedanceSummary, line: ArrheniusFit) -> tuple[str, ...]:
    """Of the points that a line may be drawn through."""
    name = line.sample, line.quantity, line.method
    mine = (p for p in summary.conductivity if (p.sample, p.quantity, p.method) == name)
    return tuple(dict.fromkeys(p.file for p in mine if (p.conductance_verdict or p.verdict).printable))


def _headline(line: ArrheniusFit, files: tuple[str, ...]) -> Iterator[Fact]:
    numbers = {
        "conductivity_25C": line.printed_conductivity,
        "activation_energy": line.printed_energy,
        "second_activation_energy": _second(line),
        "kink_temperature": line.kink_temperature_k,
    }
    details: dict[str, str | float | bool] = {"method": line.method, "basis": line.basis}
    details["extrapolated"] = _extrapolated(line)
    if line.conductivity_25c_origin:
        details["origin"] = line.conductivity_25c_origin
    for quantity, value in numbers.items():
        if value is not None or quantity in ("conductivity_25C", "activation_energy"):
            yield Fact(
                sample=line.sample,
                quantity=quantity,
                value=value,
                verdict=line.room_verdict if quantity == "conductivity_25C" else line.verdict,
                details=details | _parts(line, quantity),
                source=files,
            )


def _second(line: ArrheniusFit) -> Estimate | None:
    """The energy above a kink; what thermometer and contact leave open is the same share of it."""
    first, second = line.activation_energy_ev, line.second_activation_energy_ev
    if first is None or second is None or first.value == 0:
        return second
    return widen(second, line.activation_energy_systematic_ev * abs(second.value / first.value))


def _parts(line: ArrheniusFit, quantity: str) -> dict[str, str | float | bool]:
    """Statistical and systematic sigma of sigma(25 °C) or Ea, in the unit of the fact."""
    if quantity.endswith("conductivity_25C") and line.conductivity_25c_whole_s_per_m is not None:
        statistical, systematic = line.conductivity_25c_statistical_s_per_m, line.conductivity_25c_systematic_s_per_m
        return {"sigma_statistical": statistical or 0.0, "sigma_systematic": systematic or 0.0}
    if quantity.endswith("activation_energy") and line.activation_energy_whole_ev is not None:
        own = line.activation_energy_ev
        if own is not None and not quantity.startswith("second"):
            return {"sigma_statistical": own.sigma, "sigma_systematic": line.activation_energy_systematic_ev}
    return {}


def _extrapolated(line: ArrheniusFit) -> bool:
    """Whether sigma(25 °C) lies beyond all that was measured."""
    return line.extrapolated and line.conductivity_25c_origin not in ("measured", "interpolated")


def _region(line: ArrheniusFit, files: tuple[str, ...]) -> Iterator[Fact]:
    conditions = {"region": line.quantity, "method": line.method, "basis": line.basis}
    for quantity, value in (
        ("region_conductivity_25C", line.printed_conductivity),
        ("region_activation_energy", line.printed_energy),
    ):
        yield Fact(
            sample=line.sample,
            quantity=quantity,
            value=value,
            verdict=line.room_verdict if quantity == "region_conductivity_25C" else line.verdict,
            conditions=conditions,
            details={"extrapolated": _extrapolated(line), **_parts(line, quantity)},
            source=files,
        )


def _spectra(summary: ImpedanceSummary, sample: str, undoubted: Sequence[ConductivityPoint]) -> Iterator[Fact]:
    """Resistance and conductivity of each spectrum: its total, by the single fit."""
    resistances = {_place(p): p.conductance_verdict or p.verdict for p in undoubted if _total(p, sample)}
    points = {_place(p): p for p in summary.conductivity if _total(p, sample)}  # of a copy there is none
    budget = next((b for b in summary.budgets if b.sample == sample), None)
    seen: Counter[float | str] = Counter()
    for owner, fit in summary.spectra:
        spectrum = fit.checked.spectrum
        place = spectrum.source.file, spectrum.loop
        if owner != sample or place not in points:
            continue
        kelvin = NOT_KNOWN if spectrum.temperature_k is None else round(spectrum.temperature_k, 2)
        seen[kelvin] += 1
        conditions: dict[str, str | float | bool] = {"temperature_K": kelvin}
        if seen[kelvin] > 1:
            conditions["repeat"] = seen[kelvin]
        p, own = points[place], fit.total_resistance
        bare, common = p.conductivity_s_per_m, p.systematic_relative_sigma or p.geometry_relative_sigma
        contact = 0.0 if budget is None else budget.contact_ohm
        for quantity, estimate, verdict, parts in (
            (
                "total_resistance",
                whole_resistance(own, budget),
                resistances[place],
                (None if own is None else own.sigma, contact),
            ),
            (
                "conductivity",
                None if bare is None else with_geometry(bare, common),
                p.verdict,
                (None if bare is None else bare.sigma, common * bare.value if bare else 0.0),
            ),
        ):
            details: dict[str, str | float | bool] = {"method": "single", "loop": spectrum.loop}
            if estimate is not None and parts[0] is not None:
                details |= {"sigma_statistical": parts[0], "sigma_systematic": parts[1]}
            yield Fact(
                sample=sample,
                quantity=quantity,
                value=estimate,
                verdict=verdict,
                conditions=conditions,
                details=details,
                source=(spectrum.source.file,),
            )


def _total(p: ConductivityPoint, sample: str) -> bool:
    return p.sample == sample and p.quantity == "total" and p.method == "single"


def _place(p: ConductivityPoint) -> tuple[str, int]:
    return p.file, p.loop


def _densities(summary: ImpedanceSummary) -> Iterator[Fact]:
    for d in summary.densities:
        yield Fact(sample=d.sample, quantity="density", value=d.density_kg_per_m3, verdict=d.verdict)
        if d.relative_density is not None:
            yield Fact(sample=d.sample, quantity="relative_density", value=d.relative_density, verdict=d.verdict)


def _series(summary: ImpedanceSummary) -> Iterator[Fact]:
    for o in summary.optima:
        members = tuple(p.sample for p in summary.composition if p.series == o.series)
        for quantity, value in (
            ("optimum_x_lcf", o.x_optimum),
            ("optimum_conductivity_25C", o.conductivity_s_per_m),
        ):
            yield Fact(sample=o.series, quantity=quantity, value=value, verdict=o.verdict, source=members)
    for c in summary.comparisons:
        for quantity, value in (("conductivity_ratio", c.conductivity_ratio), ("x_difference", c.x_difference)):
            if value is not None:
                name = f"{c.series_a} / {c.series_b}"
                yield Fact(sample=name, quantity=quantity, value=value, verdict=c.verdict)
    m = summary.meyer_neldel
    if m is not None:
        yield Fact(sample="", quantity="meyer_neldel_energy", value=m.energy_ev, verdict=m.verdict)
