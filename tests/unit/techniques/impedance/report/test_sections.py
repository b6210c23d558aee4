"""The numbers of the page in the units of its heads, by hand from the model's SI: 1 S/m = 10 mS/cm, 1 kg/m3 = 1e-3 g/cm3."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from pipeline.core.report.write import report_files
from tests.synthetic_run import make_run, small_run


class Tables(HTMLParser):
    """Every table of a page: its caption, then rows as mappings from the head to the text of the cell."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tables: dict[str, list[dict[str, str]]] = {}
        self.prose: list[str] = []
        self.into: list[str] = []
        self.head: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("caption", "th", "td", "p"):
            self.into = []
        elif tag == "table":
            self.head, self.cells = [], []

    def handle_data(self, data: str) -> None:
        self.into.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        text = " ".join(t for t in self.into if t)
        if tag == "caption":
            self.rows = self.tables.setdefault(text, [])
        elif tag == "th":
            self.head.append(text)
        elif tag == "td":
            self.cells.append(text)
        elif tag == "p":
            self.prose.append(text)
        elif tag == "tr" and self.cells:
            self.rows.append(dict(zip(self.head, self.cells, strict=True)))
            self.cells = []

    def row(self, caption: str, **wanted: str) -> dict[str, str]:
        """The first row of the table whose caption begins so, with the wanted cells."""
        rows = next(rows for name, rows in self.tables.items() if name.startswith(caption))
        return next(r for r in rows if all(r[k] == v for k, v in wanted.items()))


@pytest.fixture(scope="module")
def page() -> Tables:
    """One pellet of 0.55 mm and 10 mm; sigma(25 °C) = 0.27 S/m = 2.7 mS/cm, to 2.5 %."""
    nothing = dict.fromkeys(("absorption", "shells", "distortions", "sweeps", "windows", "differences"), ())
    return Tables(report_files(small_run(pellets=make_run()["eis"].pellets, **nothing))["report.html"])


@pytest.mark.parametrize("caption", ["Key table", "Arrhenius lines"])
def test_sigma_at_25_degrees(page, caption):
    """0.27 x 0.025 x 10 = 0.0675 mS/cm; 1.96 of it are 0.132."""
    cell = page.row(caption)["σ(25 °C) / mS cm⁻¹"]
    assert cell.startswith("2.700 ± 0.068 2.568 to 2.832")


def test_sigma_at_every_temperature(page):
    """1 % of 2.7 mS/cm."""
    row = page.row("Conductivity at every temperature", T="25.0 °C", quantity="total")
    assert (row["σ / mS cm⁻¹"], row["95 %"]) == ("2.700 ± 0.027", "2.647 to 2.753")


def test_resistance_and_sigma_of_an_arc(page):
    """0.055 cm / 0.7854 cm2 / 3000 ohm = 0.02334 mS/cm, to 2 % of R, 1.82 % of l and twice 0.2 % of d: 2.73 %."""
    row = page.row("Arcs of the spectra shown", arc="1")
    assert row["R"].startswith("3.000 ± 0.060 kΩ 2.882 to 3.118 kΩ")
    assert row["σ / mS cm⁻¹"].startswith("0.02334 ± 0.00064")
    assert row["C"] == "40.00 ± 0.80 pF"


def test_specific_capacitances_as_the_table_of_irvine_has_them(page):
    """3e-10 F/m."""
    row = page.row("Regions and their evidence", T="series", arc="1")
    assert (row["C·l/A"], row["εr"]) == ("3.000 ± 0.060 pF cm⁻¹", "30.00 ± 0.60")


def test_sigma_over_composition(page):
    """2 % of 2.7 mS/cm at the optimum, 3 % of the pellet."""
    assert page.row("Best composition")["σ(25 °C) there / mS cm⁻¹"] == "2.700 ± 0.054"
    row = page.row("Pellets of the series", x="0.38")
    assert (row["σ(25 °C) / mS cm⁻¹"], row["95 %"]) == ("2.700 ± 0.081", "2.541 to 2.859")


def test_the_pellet_in_millimetres_and_its_density(page):
    """120 mg on 0.7854 cm2 by 0.055 cm."""
    (words,) = [p for p in page.prose if p.startswith("Pellet:")]
    assert "thickness 0.550 ± 0.010 mm, diameter 10.000 ± 0.020 mm, l/A = 0.07003 cm⁻¹ ± 1.9%" in words
    assert "120 mg, 2.778 ± 0.052 g cm⁻³" in words
