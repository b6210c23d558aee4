"""The section of sweeps prints what was measured in the units of its head."""

from __future__ import annotations

from dataclasses import replace

from pipeline.core.blocks import Grid
from pipeline.core.report.gallery import Gallery
from pipeline.core.technique import About
from pipeline.techniques.sweeps.model import SweepSummary
from pipeline.techniques.sweeps.report import section as sections
from pipeline.techniques.sweeps.report.section import sweep_sections
from tests.synthetic_sweeps import NONE, sweep_fit, sweep_summary, window

ABOUT = About(study_name="a study", simulated=False, samples=())


def test_a_row_of_sweeps_in_the_units_of_its_head():
    """-23 µA and -0.3 mAh on 0.5 cm² with 8 mg of electrolyte, 0.25 mV/s, 200 µF, 30 nA of noise."""
    fit = sweep_fit("HSE-Sm", "oxidation", 4.1)
    conditions = replace(fit.checked.conditions, area_m2=0.5e-4, electrolyte_kg=8e-6)
    checked = replace(fit.checked, conditions=conditions, scan_rate_v_per_s=2.5e-4)
    assert fit.capacitance is not None
    capacitance = replace(fit.capacitance, value=2e-4, sigma=1e-5)
    fit = replace(fit, checked=checked, peak_current_a=-2.3e-5, charge_mah=-0.3, noise_a=3e-8, capacitance=capacitance)
    (section,) = sweep_sections(SweepSummary(sweeps=(("HSE-Sm", fit),)), ABOUT, Gallery(simulated=False))
    grid = next(b for b in section.parts[0].blocks if isinstance(b, Grid) and b.caption == "Sweeps")
    shown = dict(zip(grid.head, (cell.text for cell in grid.rows[0]), strict=True))
    assert shown == {
        "direction": "oxidation",
        "file": "lsv/HSE-Sm_oxidation.mpt",
        "rate / mV s⁻¹": "0.25",
        "C / µF": "200 ± 10",
        "peak / µA cm⁻²": "-46",
        "charge / mAh": "-0.3",
        "per cm² / mAh": "-0.6",
        "per g electrolyte / mAh": "-37.5",
        "noise / nA": "30",
        "left out": "3",
    }


def test_windows_differences_and_each_sample_have_their_place():
    gallery = Gallery(simulated=False)
    (section,) = sweep_sections(sweep_summary(), ABOUT, gallery)
    assert [b.caption for b in section.blocks if isinstance(b, Grid)] == [
        "Stability windows, V vs Na/Na⁺",
        "Differences between samples",
    ]
    assert [p.title for p in section.parts] == ["HSE-Sm: sweeps", "HSE-La: sweeps"]
    assert [d.name for d in gallery.drawings] == ["lsv/windows", "lsv/HSE-Sm", "lsv/HSE-La"]
    assert sweep_sections(SweepSummary(), ABOUT, gallery) == ()


def test_a_window_that_is_withheld_shows_why_and_no_number():
    withheld = replace(window("A", 0.84, 4.26, verdict=NONE), computed_v_vs_na=None)
    gallery = Gallery(simulated=False)
    (section,) = sweep_sections(SweepSummary(windows=(withheld,)), ABOUT, gallery)
    (grid,) = (b for b in section.blocks if isinstance(b, Grid))
    assert [c.text for c in grid.rows[0]] == ["A", "1 µA cm⁻²", "—", "—", "—", "—", "unresolved"]
    assert grid.rows[0][-1].note == "the limit lies beyond"
    assert not gallery.drawings


def test_a_fault_in_a_figure_costs_that_figure_alone(monkeypatch):
    def broken(name, *args, **more):
        raise ZeroDivisionError("no width")

    monkeypatch.setattr(sections, "draw_windows", broken)
    monkeypatch.delenv("HSE_DEBUG", raising=False)
    gallery = Gallery(simulated=False)
    (section,) = sweep_sections(sweep_summary(), ABOUT, gallery)
    assert "Windows could not be drawn: ZeroDivisionError: no width" in str(section.blocks)
    assert [d.name for d in gallery.drawings] == ["lsv/HSE-Sm", "lsv/HSE-La"]
