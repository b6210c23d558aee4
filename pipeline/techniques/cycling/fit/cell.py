"""All checked steps of one cell -> one result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.core.values import Finding
from pipeline.techniques.cycling.fit.curves import keep_curves
from pipeline.techniques.cycling.fit.cycles import find_blocks, pair_halves
from pipeline.techniques.cycling.fit.halves import Run, find_runs, make_half
from pipeline.techniques.cycling.fit.retention import find_retentions, fit_polarisation
from pipeline.techniques.cycling.fit.steps import Measured, measure_steps
from pipeline.techniques.cycling.model import CellInfo, CellTest, CheckedStep, Cycle, CyclingRow, Direction, Kind, Step
from pipeline.techniques.cycling.settings import CurveSettings, RateSettings, StepSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """The settings of the whole fit together."""

    steps: StepSettings
    rates: RateSettings
    curves: CurveSettings


def fit_cell(checked: Sequence[CheckedStep], row: CyclingRow, settings: FitSettings) -> CellTest:
    """Steps, cycles, runs at one rate, retention and curves of one cell.

    Parameters
    ----------
    checked:
        All steps of its files, in the order of time.
    """
    cell = row.cell
    measured = measure_steps(checked, settings.steps)
    runs = find_runs(measured, settings.steps)
    halves = [make_half(run, cell, settings.steps, settings.rates) for run in runs]
    first: Direction = cell.first or (halves[0].direction if halves else "charge")
    cycles, blocks = find_blocks(pair_halves(halves, first), cell, settings.steps.calibration, settings.rates)
    by_steps = {half.steps: run for half, run in zip(halves, runs, strict=True)}
    c = settings.curves
    return CellTest(
        name=row.name,
        files=row.files,
        cell=cell,
        first=first,
        steps=_numbered(measured, cycles, runs),
        cycles=tuple(cycles),
        blocks=tuple(blocks),
        retentions=find_retentions(cycles, blocks, cell, settings.rates),
        polarisation_ohm=fit_polarisation(blocks),
        curves=keep_curves(cycles, by_steps, c),
        smoothing=f"grid of {c.derivative_step_v * 1e3:g} mV, Savitzky-Golay of second order over {c.smoothing_points | 1} points",
        calibration=settings.steps.calibration,
        findings=(*_of_files(checked), *_of_cell(cycles, measured, cell, first)),
    )


def _numbered(measured: Sequence[Measured], cycles: Sequence[Cycle], runs: Sequence[Run]) -> tuple[Step, ...]:
    """Steps with their cycle; the last step of an aborted half is called so, and joins none."""
    where = {key: c.number for c in cycles for h in (c.charge, c.discharge) if h is not None for key in h.steps}
    aborted = {_key(m.step) for run in runs if run.aborted for m in run.members}
    last = {_key(run.members[-1].step) for run in runs if run.aborted}
    out = []
    for m in measured:
        key = _key(m.step)
        kind: Kind = "aborted" if key in last else m.step.kind
        out.append(replace(m.step, cycle=None if key in aborted else where.get(key), kind=kind))
    return tuple(out)


def _key(step: Step) -> tuple[str, int]:
    return step.file, step.number


def _of_files(checked: Sequence[CheckedStep]) -> list[Finding]:
    """What read and check had to say, each once."""
    return list(dict.fromkeys(f for c in checked for f in c.findings))


def _of_cell(cycles: Sequence[Cycle], measured: Sequence[Measured], cell: CellInfo, first: Direction) -> list[Finding]:
    """What a person should know of the cell."""
    out: list[Finding] = []

    def tell(severity: str, field: str, problem: str, hint: str = "") -> None:
        out.append(Finding(severity=severity, field=field, problem=problem, hint=hint))  # type: ignore[arg-type]

    if cell.active_mass_mg is None:
        tell(
            "warning",
            "mass",
            "no active mass: no capacity per gram, no rate",
            "composite_mass_mg and mass_parts, or active_mass_mg",
        )
    elif cell.active_mass_sigma_mg == 0:
        tell("info", "mass", "uncertainty of the mass taken as 0", "composite_mass_sigma_mg = ...")
    if not cycles:
        tell("warning", "steps", "no step charges or discharges: no cycle")
    kinds = Counter(m.step.kind for m in measured)
    for kind in ("reversed", "pulse"):
        if kinds[kind]:
            tell("warning" if kind == "reversed" else "info", "steps", f"{kinds[kind]} {kind} step(s): in no cycle")
    short = [c.number for c in cycles if "aborted" in c.verdict.code.split()]
    if short:
        tell("warning", "cycles", f"aborted half in cycle {', '.join(map(str, short[:10]))}: withheld")
    off = [c.number for c in cycles if "counter_off" in c.verdict.code.split()]
    if off:
        worst = next(c for c in cycles if c.number == off[0]).verdict.reason
        tell("warning", "counter", f"counter and integral differ in {len(off)} cycle(s), first in {off[0]}: {worst}")
    numbers = {m.step.tester_cycle for m in measured if m.step.tester_cycle is not None}
    own = {c.number for c in cycles if c.number > 0}
    if numbers and own and len(numbers) != len(own) and abs(len(numbers) - len(own)) > 1:
        tell("info", "cycle", f"{len(own)} cycles counted, {len(numbers)} by the tester: those counted here are used")
    if first == "discharge" and cycles:
        tell(
            "info",
            "first",
            "a cycle begins with its discharge: efficiency is charge over discharge",
            'first = "charge"',
        )
    return out
