"""The key table: one row per sample with the numbers that a paper prints, and the same as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.report.columns import S_PER_CM, Row, Table, columns, given, number, spread
from pipeline.core.report.text import DASH, estimate_text
from pipeline.core.sample import Sample
from pipeline.core.summary import RunSummary
from pipeline.core.words import number_text
from pipeline.techniques.absorption.model import Distortion
from pipeline.techniques.impedance.model import ArrheniusFit
from pipeline.techniques.sweeps.model import StabilityWindow

KEY = columns(
    "sample label conductivity_25C_S_per_cm:estimate extrapolated:flag activation_energy_eV:estimate "
    "second_activation_energy_eV:sigma kink_temperature_K:sigma conductivity_method conductivity_verdict "
    "reduction_limit_V_vs_Na:sigma oxidation_limit_V_vs_Na:sigma width_V:sigma window_criterion window_verdict "
    "distances_angstrom distances_verdict distortion distortion_verdict"
)
HEADLINE_CRITERION = "j_1_uA_per_cm2"


def key_table(summary: RunSummary) -> Table:
    """One row per sample of the study that has any result, in the study's order."""
    return Table(row="sample", columns=KEY, rows=tuple(_key_rows(summary)))


def headline_line(summary: RunSummary, sample: str) -> ArrheniusFit | None:
    """The Arrhenius line a paper prints: total conductivity, ln(sigma T), from single fits where they allow it."""
    lines = [a for a in summary.arrhenius if a.sample == sample and a.quantity == "total" and a.basis == "sigma_T"]
    lines.sort(key=lambda a: (not a.verdict.printable, a.method != "single"))
    return lines[0] if lines else None


def headline_window(summary: RunSummary, sample: str) -> StabilityWindow | None:
    """The window by the headline criterion (1 uA/cm2), else the first printable one, else the first."""
    windows = [w for w in summary.windows if w.sample == sample]
    windows.sort(key=lambda w: (w.criterion != HEADLINE_CRITERION, not w.verdict.printable))
    return windows[0] if windows else None


def _key_rows(summary: RunSummary) -> Iterator[Row]:
    for sample in summary.samples:
        row = _key_row(summary, sample)
        if len(row) > 2:
            yield row


def _key_row(summary: RunSummary, sample: Sample) -> Row:
    row: Row = {"sample": sample.id, "label": sample.label}
    line = headline_line(summary, sample.id)
    if line is not None:
        v = line.verdict
        row |= {
            **spread("conductivity_25C_S_per_cm", given(line.conductivity_25c_s_per_m, v), S_PER_CM),
            "extrapolated": line.extrapolated,
            **spread("activation_energy_eV", given(line.activation_energy_ev, v)),
            **spread("second_activation_energy_eV", given(line.second_activation_energy_ev, v), interval=False),
            **spread("kink_temperature_K", given(line.kink_temperature_k, v), interval=False),
            "conductivity_method": line.method,
            "conductivity_verdict": v.level,
        }
    window = headline_window(summary, sample.id)
    if window is not None:
        v = window.verdict
        row |= {
            **spread("reduction_limit_V_vs_Na", given(window.reduction_limit_v_vs_na, v), interval=False),
            **spread("oxidation_limit_V_vs_Na", given(window.oxidation_limit_v_vs_na, v), interval=False),
            **spread("width_V", given(window.width_v, v), interval=False),
            "window_criterion": window.criterion,
            "window_verdict": v.level,
        }
    shells = [s for s in summary.shells if s.sample == sample.id]
    if shells:
        row["distances_angstrom"] = "; ".join(
            f"{s.element}-{s.shell} {estimate_text(given(s.distance_angstrom, s.verdict))}" for s in shells
        )
        row["distances_verdict"] = "; ".join(s.verdict.level for s in shells)
    bent = [d for d in summary.distortions if d.sample == sample.id and d.reference_sample not in (None, sample.id)]
    if bent:
        row["distortion"] = "; ".join(f"{d.element} {d.edge} {_percent(d)}" for d in bent)
        row["distortion_verdict"] = "; ".join(d.verdict.level for d in bent)
    return row


def _percent(d: Distortion) -> str:
    shown = given(d.relative_change, d.verdict)
    return DASH if shown is None else f"{estimate_text(shown, 100)} %"


def _cell(row: Row, name: str, factor: float = 1.0) -> str:
    value, sigma = number(row.get(name)), number(row.get(f"{name}_sigma"))
    return "—" if value is None or sigma is None else number_text(value * factor, sigma * factor)


def key_cells(summary: RunSummary) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of the key table as text, for the terminal and the page; withheld values are a dash."""
    head = ("sample", "σ(25 °C) / mS/cm", "Ea / eV", "σ verdict", "window / V vs Na/Na+", "window verdict",
            "distances / Å", "distance verdict", "MS/SS change", "distortion verdict")  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for r in _key_rows(summary):
        sigma = _cell(r, "conductivity_25C_S_per_cm", 1e3)
        if sigma != DASH:
            sigma += " (extrapolated)" if r.get("extrapolated") else ""
        elif number(r.get("activation_energy_eV")) is not None:
            sigma += " (no pellet geometry)"
        energy = _cell(r, "activation_energy_eV")
        kink = number(r.get("kink_temperature_K"))
        if kink is not None:
            energy += f" → {_cell(r, 'second_activation_energy_eV')} above {kink:.0f} K"
        low, high = _cell(r, "reduction_limit_V_vs_Na"), _cell(r, "oxidation_limit_V_vs_Na")
        window = DASH if low == high == DASH else f"{low} to {high}"
        window = window if "window_verdict" in r else ""
        rows.append(
            (
                str(r["sample"]),
                sigma if "conductivity_verdict" in r else "",
                energy if "conductivity_verdict" in r else "",
                r.get("conductivity_verdict", ""),
                window,
                r.get("window_verdict", ""),
                r.get("distances_angstrom", ""),
                r.get("distances_verdict", ""),
                r.get("distortion", ""),
                r.get("distortion_verdict", ""),
            )
        )
    return head, rows


def format_key_table(summary: RunSummary) -> str:
    """Plain text for the terminal: title, key table in aligned columns, without columns that nothing fills."""
    head, rows = key_cells(summary)
    title = summary.study_name + ("   [SIMULATED DATA]" if summary.simulated else "")
    if not rows:
        return f"{title}\nno results"
    used = [i for i in range(len(head)) if any(r[i] for r in rows)]
    grid = [[line[i] for i in used] for line in (head, *rows)]
    widths = [max(len(line[i]) for line in grid) for i in range(len(used))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in grid]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join([title, *lines])
