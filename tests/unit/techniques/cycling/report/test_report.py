"""What is shown: every column is declared, figures are drawn, the key table is made from facts alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.core.blocks import Block, Grid, Prose
from pipeline.core.report.canvas import Drawing
from pipeline.core.sample import Sample
from pipeline.core.technique import About, Results
from pipeline.techniques.cycling.model import CellInfo, CellTest, CyclingSummary
from pipeline.techniques.cycling.report import REPORT
from pipeline.techniques.cycling.report.figures import draw_curves, draw_cycles, draw_first_cycles, draw_rates, run_ends
from pipeline.techniques.cycling.report.key import key_row
from pipeline.techniques.cycling.settings import CompareSettings
from pipeline.techniques.cycling.summarize import summarize_cells
from tests.synthetic_cycling import MASS_MG, Piece, charge, csv_seconds, discharge, record, reduce_cell, rest

CELL = CellInfo(active_mass_mg=MASS_MG, active_mass_sigma_mg=0.05, nominal_mah_per_g=120.0, area_m2=0.785e-4)


class Gallery:
    def __init__(self) -> None:
        self.drawn: list[Drawing] = []

    def stem(self, folder: str, name: str) -> str:
        return f"{folder}/{name}"

    def show(
        self, what: str, make: Callable[..., Any], name: str, *args: Any, folded: bool = False
    ) -> tuple[Block, ...]:
        drawing = make(name, *args, simulated=False)
        if drawing is not None:
            self.drawn.append(drawing)
        return ()


@pytest.fixture(scope="module")
def cell() -> CellTest:
    pieces: list[Piece] = [rest()]
    for rate, q in ((0.1, 0.48), (0.2, 0.46), (0.5, 0.43), (1.0, 0.35), (0.2, 0.455)):
        seconds = round(q * 3600 / (rate * MASS_MG * 0.12))
        for _ in range(3):
            pieces += [charge(q / 0.99, seconds), discharge(q, seconds), rest(60)]
    pieces += [charge(0.46, 16_760), discharge(0.2, 7_287, low=3.2)]
    return reduce_cell(csv_seconds(record(pieces, every=60)), "a.csv", CELL)


@pytest.fixture(scope="module")
def summary(cell: CellTest) -> CyclingSummary:
    results: Results[CellTest, Any] = Results(
        samples=(Sample(id="A"), Sample(id="B")), fitted=(("A", cell), ("B", cell)), joined=()
    )
    return summarize_cells(results, CompareSettings()).summary


def test_rows_hold_what_columns_show(summary: CyclingSummary) -> None:
    tables = REPORT.tables(summary)
    assert set(tables) == {"cycling_steps", "cycles", "rates", "retention", "cycling_repeats", "cycling_differences"}
    for name, table in tables.items():
        assert table.rows, name
        for row in table.rows:
            assert set(row) <= set(table.columns), name
    last = tables["cycles"].rows[15]
    assert last["verdict"] == "unresolved"
    assert "discharge_mAh" not in last
    assert last["charge_mAh"] == pytest.approx(0.46)


@pytest.mark.parametrize("draw", [draw_cycles, draw_curves])
def test_figures_of_a_cell(cell: CellTest, draw: Callable[..., Drawing | None]) -> None:
    drawing = draw("x", "A", cell, simulated=False)
    assert drawing is not None
    assert drawing.svg.startswith(b"<?xml")
    assert drawing.csv.count(b"\n") > 20


@pytest.mark.parametrize("draw", [draw_first_cycles, draw_rates])
def test_figures_of_all_cells(cell: CellTest, draw: Callable[..., Drawing | None]) -> None:
    drawing = draw("x", [("A", cell), ("B$", cell)], simulated=False)
    assert drawing is not None
    assert b"B$" in drawing.csv


def test_the_name_of_a_rate_stands_over_the_formation_too(cell: CellTest) -> None:
    assert [run_ends(cell, b) for b in cell.blocks] == [(1, 3), (4, 6), (7, 9), (10, 12), (13, 15)]
    assert cell.blocks[0].cycles == (2, 3)


def test_nothing_is_drawn_of_a_rest() -> None:
    still = reduce_cell(csv_seconds(record([rest(), rest()])), "a.csv")
    assert draw_cycles("x", "A", still, simulated=False) is None
    assert draw_curves("x", "A", still, simulated=False) is None
    assert draw_first_cycles("x", [("A", still)], simulated=False) is None
    assert draw_rates("x", [("A", still)], simulated=False) is None


def test_the_section_tells_the_protocol(summary: CyclingSummary) -> None:
    gallery = Gallery()
    (section,) = REPORT.sections(summary, About(study_name="x", simulated=False, samples=()), gallery)
    prose = next(b for b in section.parts[0].blocks if isinstance(b, Prose))
    runs = "3 × 0.1 C, 3 × 0.2 C, 3 × 0.5 C, 3 × 1 C, 3 × 0.2 C"  # the formation is one of the first three
    assert f"Protocol by the data: {runs}." in prose.paragraphs[0]
    assert "1 aborted" in prose.paragraphs[0]
    assert len(gallery.drawn) == 6
    grids = [b for b in section.blocks if isinstance(b, Grid)]
    assert [g.caption for g in grids] == ["Samples", "Differences between samples"]
    assert REPORT.sections(CyclingSummary(), About(study_name="x", simulated=False, samples=()), gallery) == ()
    assert not REPORT.methods(CyclingSummary()).paragraphs
    assert "Savitzky-Golay" in REPORT.methods(summary).paragraphs[0]


def test_the_key_table_is_made_from_facts(cell: CellTest) -> None:
    results: Results[CellTest, Any] = Results(samples=(Sample(id="A"),), fitted=(("A", cell),), joined=())
    facts = summarize_cells(results, CompareSettings()).facts
    row = key_row(facts)
    assert set(row) <= set(REPORT.key.columns)
    assert row["first_discharge_mAh_per_g"] == pytest.approx(0.48 / MASS_MG * 1e3)
    assert row["first_efficiency_percent"] == pytest.approx(99.0)
    texts = [cells[0].text for c in REPORT.key.shown if (cells := c.cells(facts))]
    assert texts[0].startswith("116.6 ± 1.4")
    assert key_row(()) == {}
    assert all(not c.cells(()) for c in REPORT.key.shown)
