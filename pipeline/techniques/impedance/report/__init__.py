"""Impedance and conduction as tables, figures, sections, key numbers, words and circuits."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.blocks import Section
from pipeline.core.tables import Table
from pipeline.core.technique import About, Figures, Report
from pipeline.techniques.impedance.model import ImpedanceSummary
from pipeline.techniques.impedance.report.circuits import circuit_files
from pipeline.techniques.impedance.report.conduction_rows import conduction_tables
from pipeline.techniques.impedance.report.conduction_section import arrhenius_section, composition_section
from pipeline.techniques.impedance.report.key import KEY_PART
from pipeline.techniques.impedance.report.methods import describe_methods
from pipeline.techniques.impedance.report.spectrum_rows import impedance_tables
from pipeline.techniques.impedance.report.spectrum_section import impedance_section


def list_tables(summary: ImpedanceSummary) -> dict[str, Table]:
    """Of spectra, then of conduction."""
    return {**impedance_tables(summary), **conduction_tables(summary)}


def list_sections(summary: ImpedanceSummary, about: About, gallery: Figures) -> Sequence[Section]:
    """Impedance, conductivity and composition, as far as there is any."""
    del about
    found = (section(summary, gallery) for section in (impedance_section, arrhenius_section, composition_section))
    return [section for section in found if section is not None]


REPORT = Report(
    tables=list_tables,
    sections=list_sections,
    methods=describe_methods,
    key=KEY_PART,
    archive=circuit_files,
    archive_kinds={".json": ("application/json", "fitted circuit that impedance.py loads")},
)
