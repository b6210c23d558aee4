"""What the page is built from: long tables are cut and say so, long reasons as well, ids are ids."""

from __future__ import annotations

from pipeline.core.blocks import MAX_ROWS, anchor, grid
from pipeline.core.report.page import render_page
from pipeline.core.report.run_sections import error_section, finding_section, review_section, setting_section
from pipeline.core.values import Rejection
from pipeline.techniques.impedance.rows import SpectrumReview
from tests.synthetic_run import changed, small_run


def test_a_long_table_is_cut_and_says_where_the_rest_is():
    rejected = tuple(
        Rejection(file=f"eis/{i}.mpt", stage="read", field="rows", problem="p" * 500, hint="") for i in range(1000)
    )
    run = small_run(rejected=rejected)
    section = error_section(run)
    (table,) = section.blocks
    assert len(table.rows) == MAX_ROWS
    assert table.n_rows == 1000
    page = render_page(run, (section,)).decode()
    assert f"the first {MAX_ROWS} of 1000 rows" in page
    assert 'href="tables/rejected.csv"' in page


def test_a_long_reason_is_cut_on_the_page_and_whole_at_a_touch():
    from pipeline.core.blocks import Cell, Section

    reason = "worse than 20 % " * 60
    table = grid("t", "a", [[Cell(text="x", note=reason)]])
    page = render_page(small_run(), (Section(id="s", title="S", blocks=(table,)),)).decode()
    assert f'title="{reason}"' in page
    assert "… (whole in the table)" in page


def test_decisions_of_persons_are_said_in_words():
    reviews = (
        SpectrumReview(file="a.mpt", loop=2, exclude=True, note="bad contact", by="A. Person"),
        SpectrumReview(file="b.mpt", arcs=2, mask_hz=((5e6, 7e6), (49, 51))),
    )
    (_, table) = review_section(small_run(reviews=reviews)).blocks
    assert [[c.text for c in row[:3]] for row in table.rows] == [
        ["a.mpt", "2", "left out"],
        ["b.mpt", "all", "2 arcs; masked 5e+06 to 7e+06; 49 to 51 Hz"],
    ]
    assert review_section(small_run(reviews=())) is None


def test_only_settings_that_differ_are_listed():
    run = small_run()
    words = next(b for b in setting_section(run).blocks if b.kind == "grid")
    assert [row[0].text for row in words.rows] == ["eis.arcs.seed"]
    plain = {**run.provenance, "settings": run.provenance["settings"][:1]}
    first = setting_section(changed(run, provenance=plain)).blocks[0]
    assert first.paragraphs == ("All 1 settings have their default values.",)
    assert setting_section(changed(run, provenance={})).blocks[0].paragraphs == ("No settings were recorded.",)


def test_warnings_stand_before_what_is_only_worth_knowing():
    from pipeline.core.values import Finding

    findings = tuple(
        (f"f{i}", Finding(severity=s, field="x", problem=s)) for i, s in enumerate(("info", "warning", "info"))
    )
    blocks = finding_section(small_run(findings=findings)).blocks
    assert [(b.n_rows, b.folded) for b in blocks] == [(1, False), (2, True)]


def test_anchors_hold_letters_digits_and_hyphens():
    assert anchor("xas", 'a b"<') == "xas-a-b--"
