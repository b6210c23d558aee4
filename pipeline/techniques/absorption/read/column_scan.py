"""A laid-out table -> AbsorptionScan: which signal, its sign, its edge, what is wrong with its detectors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Source
from pipeline.core.values import Finding
from pipeline.instruments.beamline.channels import Roles, override_roles, plain
from pipeline.instruments.beamline.columns import read_columns
from pipeline.instruments.beamline.energy import put_in_order, to_ev
from pipeline.instruments.beamline.layout import Layout
from pipeline.instruments.beamline.layouts import lay_out
from pipeline.science.edge_position import guess_edge
from pipeline.science.edges import edge_energy
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.signals import (
    DETECTORS_UNKNOWN,
    Signal,
    choose_signal,
    drop_dead,
    find_signals,
    judge_detectors,
    named,
    reference_signal,
)

ENERGIES_MISSING = "energies_missing"
"""Code of an error: detectors of a scan, but no energies (angles, or points alone)."""
DETECTOR = re.compile(r"\b(i0|mu|xmu)\b")
_ENERGY_HINT = "set settings.xas.read.energy_column; angles or wavelengths alone must be turned into eV first"
Columns = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the study says of the columns."""

    columns: Columns
    mode: str
    energy_unit: str
    min_points: int


def read_column_scans(raw: RawFile, asked: Asked) -> tuple[AbsorptionScan, ...]:
    """Scans of a text file with columns; several where it holds several ``#S`` scans (SPEC).

    Raises
    ------
    ReadError
        No table, no energy, no signal, or too few points.
    """
    table = read_columns(raw, min_rows=1)
    ends = (*table.starts[1:], len(table.data))
    scans: list[AbsorptionScan] = []
    refused: ReadError | None = None
    for start, end in zip(table.starts, ends, strict=True):
        part = table if len(ends) == 1 else replace(table, data=table.data[start:end], starts=(0,))
        try:
            scans.append(_read_one(raw, lay_out(raw.name, part), asked, len(scans) + 1))
        except ReadError as error:
            refused = refused or error
    if not scans:
        assert refused is not None
        raise refused
    return tuple(scans)


def _read_one(raw: RawFile, layout: Layout, asked: Asked, loop: int) -> AbsorptionScan:
    labels, findings = layout.labels, list(layout.findings)
    roles = _roles(raw, layout, asked)
    if roles.chi is not None and roles.k is not None and roles.mu is None:
        return _chi_scan(raw, layout, roles, findings, loop)
    energy, order = _energy_axis(raw, layout, roles, asked, findings)
    data = layout.data[order]
    roles, dead = drop_dead(roles, data)
    idle = [labels[i] for i in sorted(dead - set(roles.fluorescence))]
    if idle:
        problem = f"{', '.join(idle)}: zero or one value throughout; not used"
        findings.append(Finding(severity="info", field="detectors", problem=problem))
    signals = _named_by_the_study(find_signals(data, roles), asked)
    best = choose_signal(raw, energy, signals, asked.mode, labels, findings, dead)
    element, edge, evidence = _edge(raw, layout, energy, best, findings)
    findings += _judge_signal(raw, data, labels, roles, best)
    reference = reference_signal(data, roles, findings)
    header = {**layout.header, "columns": ", ".join(labels), "mu": named(best.formula, labels)}
    return AbsorptionScan(
        source=Source(
            file=raw.name,
            format=layout.format,
            evidence="; ".join(evidence),
            instrument=layout.instrument,
            header=header,
        ),
        energy_ev=energy,
        mu=best.mu,
        mode=_mode(best.mode, labels[roles.mu] if best.mode == "mu" and roles.mu is not None else "", asked.mode),
        element=element,
        edge=edge,
        reference_mu=reference,
        i0=None if roles.i0 is None else data[:, roles.i0],
        detectors=_counts(data, labels, roles, best),
        label=raw.name.rsplit("/", 1)[-1],
        loop=loop,
        findings=tuple(findings),
    )


def _roles(raw: RawFile, layout: Layout, asked: Asked) -> Roles:
    """What each column is, as the study names it and else by its label."""
    roles, wrong = override_roles(layout.roles, layout.labels, asked.columns)
    if wrong:
        raise ReadError(
            source=raw.name,
            field="columns",
            problem=f"no column {', '.join(map(repr, wrong))}",
            hint="the file has " + ", ".join(layout.labels[:20]),
            code=DETECTORS_UNKNOWN,
        )
    if len(layout.data) < asked.min_points:
        raise ReadError(
            source=raw.name,
            field="rows",
            problem=f"{len(layout.data)} points, fewer than {asked.min_points}",
            hint="the scan was stopped early, or the file is cut",
        )
    return roles


def _judge_signal(raw: RawFile, data: FloatArray, labels: tuple[str, ...], roles: Roles, best: Signal) -> list[Finding]:
    """What a person should know of the signal and its detectors; a ReadError where it gives no number."""
    if not np.any(np.isfinite(best.mu)):
        problem = f"{named(best.formula, labels)} gives no number at any energy"
        raise ReadError(source=raw.name, field=best.mode, problem=problem, hint="do two detectors have opposite signs?")
    found: list[Finding] = []
    if best.mode == "mu" and roles.mu is not None and plain(labels[roles.mu])[:4] in ("norm", "flat", "nor"):
        problem = f"column {labels[roles.mu]!r} is normalised already: its edge step is 1 by definition"
        found.append(Finding(severity="warning", field="mu", problem=problem))
    return found + judge_detectors(data, labels, roles, best)


def _counts(data: FloatArray, labels: tuple[str, ...], roles: Roles, best: Signal) -> dict[str, tuple[float, ...]]:
    """Counts of the elements of the signal by the label of their column, those of fluorescence freed of dead time."""
    kept = best.detectors or tuple(i for i in (roles.i1, roles.i2) if i is not None and best.mode == "transmission")
    names = [label if labels.count(label) == 1 else f"{label} (column {i + 1})" for i, label in enumerate(labels)]
    columns = {names[i]: data[:, i] for i in kept}
    if best.factor is not None:
        columns = {names[i]: data[:, i] * best.factor[:, j] for j, i in enumerate(kept)}
    return {name: tuple(column.tolist()) for name, column in columns.items()}


def _named_by_the_study(signals: list[Signal], asked: Asked) -> list[Signal]:
    """Only the signal whose columns the study names, where it names them and not the mode."""
    for role, name in (("mu", "mu"), ("fluorescence", "fluorescence"), ("i1", "transmission")):
        if asked.columns.get(role) and (role == "mu" or asked.mode == "auto"):
            return [s for s in signals if s.mode == name]
    return signals


def _mode(signal: str, mu_label: str, asked: str) -> Literal["transmission", "fluorescence", "unknown"]:
    """Mode of the signal; of a column that holds mu, as its label says, else as it was asked for."""
    told = plain(mu_label)
    for mode in (signal, "transmission" if "trans" in told else "fluorescence" if "fluor" in told else asked):
        if mode == "transmission":
            return "transmission"
        if mode == "fluorescence":
            return "fluorescence"
    return "unknown"


def _energy_axis(
    raw: RawFile, layout: Layout, roles: Roles, asked: Asked, findings: list[Finding]
) -> tuple[FloatArray, np.ndarray]:
    if layout.energy_ev is not None and not asked.columns.get("energy"):
        energy = layout.energy_ev
    elif roles.energy is None:
        raise ReadError(
            source=raw.name,
            field="energy",
            problem=f"no energy column among {', '.join(layout.labels[:12])}",
            hint=_ENERGY_HINT,
            code=ENERGIES_MISSING if any(map(DETECTOR.search, layout.labels[:12])) else "",
        )
    else:
        energy, found, _ = to_ev(layout.data[:, roles.energy], layout.labels[roles.energy], asked.energy_unit)
        findings += found
    order, found = put_in_order(energy)
    findings += found
    energy = energy[order]
    if energy.size < asked.min_points:
        raise ReadError(source=raw.name, field="energy", problem=f"{energy.size} points with an energy")
    if energy[0] < 60 or energy[-1] > 2e5:
        raise ReadError(
            source=raw.name,
            field="energy",
            problem=f"{energy[0]:.6g} to {energy[-1]:.6g} is no range of photon energies in eV",
            hint="set settings.xas.read.energy_column or energy_unit",
        )
    if energy[-1] - energy[0] < 1.0:
        raise ReadError(source=raw.name, field="energy", problem="the energy does not change")
    return energy, order


def _edge(
    raw: RawFile, layout: Layout, energy: FloatArray, signal: Signal, findings: list[Finding]
) -> tuple[str | None, str | None, list[str]]:
    evidence = list(layout.evidence)
    guess = guess_edge(energy, signal.mu, layout.element)
    if layout.element is None:
        hint = edge_energy(*layout.e0_hint) if layout.e0_hint else None
        if layout.e0_hint and hint and guess.rise_ev is not None and abs(guess.rise_ev - hint) < 30:
            note = f"header E0 is {' '.join(layout.e0_hint)}, steepest rise at {guess.rise_ev:.1f} eV"
            return *layout.e0_hint, [*evidence, note]
        if layout.e0_hint and hint:
            note = f"the header's E0 ({' '.join(layout.e0_hint)}) is not where the scan rises: {guess.evidence}"
            findings.append(Finding(severity="warning", field="edge", problem=note))
        if layout.confidence == "guess" and guess.edge not in ("K", "L3"):
            raise ReadError(
                source=raw.name,
                field="columns",
                problem=f"columns without labels, and no edge in {named(signal.formula, layout.labels)}",
                hint="name the columns in settings.xas.read",
                code=DETECTORS_UNKNOWN,
            )
        if guess.element is None:
            findings.append(Finding(severity="warning", field="edge", problem=f"none recognised: {guess.evidence}"))
        return guess.element, guess.edge, [*evidence, f"{guess.evidence} ({guess.confidence})"]
    edge = layout.edge
    if edge is None and guess.element == layout.element:
        edge = guess.edge
    expected = edge_energy(layout.element, edge) if edge else None
    if guess.rise_ev is not None and expected is not None and abs(guess.rise_ev - expected) > 25:
        inside = energy[0] < expected < energy[-1]
        problem = f"the header says {layout.element} {edge}, but the {guess.evidence}"
        findings.append(Finding(severity="warning" if inside else "error", field="edge", problem=problem))
    return layout.element, edge, [*evidence, guess.evidence]


def _chi_scan(raw: RawFile, layout: Layout, roles: Roles, findings: list[Finding], loop: int) -> AbsorptionScan:
    assert roles.k is not None
    assert roles.chi is not None
    k, chi = layout.data[:, roles.k], layout.data[:, roles.chi]
    if not np.all(np.isfinite(k)) or np.any(np.diff(k) <= 0) or k[0] < 0 or k[-1] > 50:
        problem = f"k from {k[0]:.4g} to {k[-1]:.4g} does not ascend between 0 and 50 1/angstrom"
        raise ReadError(source=raw.name, field="k", problem=problem)
    return AbsorptionScan(
        source=Source(
            file=raw.name,
            format=layout.format,
            evidence="; ".join((*layout.evidence, "columns k and chi")),
            header=layout.header,
        ),
        energy_ev=k,
        mu=chi,
        element=layout.element,
        edge=layout.edge,
        label=raw.name.rsplit("/", 1)[-1],
        loop=loop,
        is_chi=True,
        findings=tuple(findings),
    )
