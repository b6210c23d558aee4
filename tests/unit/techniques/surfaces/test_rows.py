"""What is made of fitted spectra, by hand: atomic fractions, facts, one row of every table, the key table."""

from __future__ import annotations

from dataclasses import replace
from math import hypot, sqrt
from typing import Any

import numpy as np
import pytest

from pipeline.core.key import KeyCell
from pipeline.core.sample import Source
from pipeline.core.technique import Results
from pipeline.core.values import Estimate, Fact, Finding, Mask, Verdict
from pipeline.techniques.surfaces.model import (
    AtomicFraction,
    Attempt,
    Change,
    CheckedSpectrum,
    Component,
    Spectrum,
    SpectrumRow,
    StateChange,
    SurfaceFit,
    SurfaceSummary,
)
from pipeline.techniques.surfaces.report.key import KEY
from pipeline.techniques.surfaces.report.rows import surface_tables
from pipeline.techniques.surfaces.summarize.surfaces import summarize_surfaces
from tests.rows_by_hand import GOOD, POOR, WEAK, assert_row, even, four, two

SPECIES = Component(
    name="PS4",
    area=even(4000.0, 80.0, "counts eV"),
    area_fraction=Estimate(value=0.4, sigma=0.01, unit="1", low95=0.37, high95=0.43),
    binding_energy=even(161.5, 0.1, "eV"),
    binding_sigma_fit_ev=0.02,
    width=even(1.1, 0.04, "eV"),
    upper95=0.45,
    verdict=GOOD,
)


def fit(region: str = "S 2p", *, state: str = "4V", file: str = "a.vms", seconds: float | None = 0.5,
        factor: float | None = 1.5, area: tuple[float, float] = (6000.0, 91.0), **more: Any) -> SurfaceFit:  # fmt: skip
    spectrum = Spectrum(
        source=Source(file=file, format="VAMAS"),
        loop=2,
        region=region,
        label="S2p narrow",
        state=state,
        binding_ev=np.arange(9.0),
        counts=np.ones(9),
        counted=True,
        seconds=seconds,
    )
    checked = CheckedSpectrum(
        spectrum=spectrum,
        binding_ev=np.arange(7.0),
        counts=np.ones(7),
        noise=1.3,
        shift_ev=even(-1.2, 0.11, "eV"),
        masks=(Mask(indices=(0,), reason="edge"), Mask(indices=(3, 4), reason="spike")),
    )
    known = {
        "checked": checked,
        "row": SpectrumRow(name="a", sample="A", files=(file,), sensitivity=factor, background="linear", shape="voigt"),
        "components": (SPECIES,),
        "background": np.zeros(7),
        "curves": np.zeros((1, 7)),
        "drawn": ("PS4",),
        "residuals": np.zeros(7),
        "chi2_reduced": 1.4,
        "inflation": 1.2,
        "attempts": (Attempt(n_components=2, widths="own", chi2=71.0, n_parameters=8, bic=99.5, chosen=True),),
        "splitting_ev": 1.18,
        "ratio": 0.51,
        "total_area": even(*area, "counts eV"),
    }
    return SurfaceFit(**(known | more))


CHANGE = Change(component="PS4", change=even(-0.6, 0.02), upper95=0.03, significance=30.0, verdict=GOOD)
CHANGES = StateChange(
    sample="A",
    region="S 2p",
    from_state="pristine",
    to_state="4V",
    files=("p.vms", "a.vms"),
    changes=(CHANGE,),
    together=True,
    chi2_reduced=1.7,
)
ATOM = AtomicFraction(
    sample="A",
    state="4V",
    region="P 2p",
    area_per_s=even(8000.0, 70.0, "counts eV/s"),
    sensitivity=1.19,
    atomic_fraction=Estimate(value=0.3, sigma=0.01, unit="1", low95=0.27, high95=0.32),
    verdict=WEAK,
)
SUMMARY = SurfaceSummary(fits=(("A", fit()),), changes=(CHANGES,), atoms=(ATOM,))
JUDGED = {"verdict": "resolved", "verdict_reason": "clear"}
NOISE = {"verdict": "unresolved", "verdict_reason": "noise"}
XPS = {
    "sample": "A",
    "file": "a.vms",
    "region": "S 2p",
    "state": "4V",
    "component": "PS4",
    **four("area_fraction", 0.4, 0.01, 0.37, 0.43),
    **four("binding_energy_eV", 161.5, 0.1, 161.3040036, 161.6959964),
    **four("width_eV", 1.1, 0.04, 1.02160144, 1.17839856),
    **JUDGED,
    "area_fraction_upper95": 0.45,
    "binding_energy_eV_sigma_fit": 0.02,
    **two("area_counts_eV", 4000.0, 80.0),
    "loop": 2,
    "label": "S2p narrow",
    "chi2_reduced": 1.4,
    "sigma_factor": 1.2,
    "noise": 1.3,
    **two("shift_eV", -1.2, 0.11),
    "background": "linear",
    "shape": "voigt",
    "splitting_eV": 1.18,
    "ratio": 0.51,
    "n_points": 7,
    "n_masked": 3,
}
EXPECTED = {
    "xps": XPS,
    "xps_changes": {
        "sample": "A",
        "region": "S 2p",
        "component": "PS4",
        "from_state": "pristine",
        "to_state": "4V",
        **two("change", -0.6, 0.02),
        "upper95": 0.03,
        **JUDGED,
        "significance_sigmas": 30.0,
        "together": True,
        "chi2_reduced": 1.7,
        "from_file": "p.vms",
        "to_file": "a.vms",
    },
    "xps_models": {
        "sample": "A",
        "file": "a.vms",
        "loop": 2,
        "region": "S 2p",
        "n_components": 2,
        "widths": "own",
        "chi2": 71.0,
        "n_parameters": 8,
        "bic": 99.5,
        "chosen": True,
    },
    "xps_atoms": {
        "sample": "A",
        "state": "4V",
        "region": "P 2p",
        **four("atomic_fraction", 0.3, 0.01, 0.27, 0.32),
        **two("area_counts_eV_per_s", 8000.0, 70.0),
        "sensitivity": 1.19,
        "verdict": "weak",
        "verdict_reason": "wide",
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_row_of_every_table(name: str) -> None:
    assert_row(surface_tables(SUMMARY)[name], EXPECTED[name])


def withheld(name: str, *begin: str) -> dict[str, Any]:
    return EXPECTED[name] | {c: None for c in EXPECTED[name] if c.startswith(begin)} | NOISE


def test_what_is_withheld_is_missing() -> None:
    poor = replace(SPECIES, verdict=POOR)
    summary = SurfaceSummary(
        fits=(("A", fit(components=(poor,))),),
        changes=(replace(CHANGES, changes=(replace(CHANGE, verdict=POOR),)),),
        atoms=(replace(ATOM, verdict=POOR),),
    )
    tables = surface_tables(summary)
    gone = withheld("xps", "area_", "binding", "width") | {"area_fraction_upper95": 0.45}
    assert_row(tables["xps"], gone)
    assert_row(tables["xps_changes"], withheld("xps_changes", "change"))
    assert_row(tables["xps_atoms"], withheld("xps_atoms", "atomic_fraction"))


def test_a_single_line_has_no_ratio_and_no_reference_no_shift() -> None:
    bare = fit(splitting_ev=None)
    bare = replace(bare, checked=replace(bare.checked, shift_ev=None))
    none = {c: None for c in XPS if c.startswith(("splitting", "ratio", "shift"))}
    assert_row(surface_tables(SurfaceSummary(fits=(("A", bare),)))["xps"], XPS | none)


def summed(*fits: SurfaceFit, changes: tuple[StateChange, ...] = ()) -> Any:
    joined = tuple(("A", c) for c in changes)
    return summarize_surfaces(Results(samples=(), fitted=tuple(("A", f) for f in fits), joined=joined))


def test_atomic_fractions_and_their_errors_by_hand() -> None:
    """Areas of 6000, 3000 and 1000 in 0.5, 0.5 and 0.25 s by factors of 1.5, 3 and 2: 8000, 2000 and 2000, of 12000."""
    found = summed(
        fit("S 2p"), fit("P 2p", factor=3.0, area=(3000.0, 61.0)), fit("Cl 2p", seconds=0.25, factor=2.0, area=(1000.0, 40.3))
    ).summary.atoms  # fmt: skip
    assert [(a.region, a.state, a.sensitivity) for a in found] == [
        ("S 2p", "4V", 1.5),
        ("P 2p", "4V", 3.0),
        ("Cl 2p", "4V", 2.0),
    ]
    amounts, errors = (8000.0, 2000.0, 2000.0), (182 / 1.5, 122 / 3, 80.6)
    per_s = ((12000.0, 182.0), (6000.0, 122.0), (4000.0, 161.2))
    for i, a in enumerate(found):
        x = amounts[i] / 12000
        others = sqrt(sum(e**2 for j, e in enumerate(errors) if j != i))
        assert a.atomic_fraction.value == pytest.approx(x)
        assert a.atomic_fraction.sigma == pytest.approx(hypot((1 - x) * errors[i], x * others) / 12000)
        assert (a.area_per_s.value, a.area_per_s.sigma, a.area_per_s.unit) == (*per_s[i], "counts eV/s")
        words = "sigma of the areas alone: the sensitivity factors are taken as exact"
        assert a.verdict == Verdict(level="weak", reason=words, code="factors_exact")


def test_which_spectra_make_a_fraction() -> None:
    again = fit("S 2p", area=(1.0, 1.0), file="b.vms")
    other, alone = fit("P 2p"), fit("P 2p", state="pristine")
    found = summed(fit("S 2p"), again, other, alone)
    assert [(a.region, a.state, a.atomic_fraction.value) for a in found.summary.atoms] == [
        ("S 2p", "4V", 0.5), ("P 2p", "4V", 0.5)
    ]  # fmt: skip
    assert found.findings == ()
    untold = summed(
        fit("S 2p"), fit("P 2p", factor=None), fit("Cl 2p", seconds=None), fit("C 1s", seconds=None, factor=None)
    )
    assert untold.summary.atoms == ()
    problem = "Cl 2p: no time of counting in the file: no atomic fraction"
    finding = Finding(severity="warning", field="sensitivity", problem=problem, hint="export VAMAS")
    assert untold.findings == (("a.vms", finding),)


def test_facts_by_hand() -> None:
    found = summed(fit("S 2p"), fit("P 2p", components=()), changes=(CHANGES,))
    where = {"region": "S 2p", "component": "PS4", "state": "4V", "file": "a.vms", "loop": 2}
    pair = {"region": "S 2p", "component": "PS4", "from_state": "pristine", "to_state": "4V"}
    own = {"sample": "A", "verdict": GOOD, "conditions": where, "source": ("a.vms",)}
    shares = found.summary.atoms
    assert found.facts == (
        Fact(quantity="area_fraction", value=SPECIES.area_fraction, details={"upper95": 0.45}, **own),
        Fact(quantity="binding_energy", value=SPECIES.binding_energy, **own),
        Fact(quantity="width", value=SPECIES.width, **own),
        Fact(
            sample="A",
            quantity="area_fraction_change",
            value=CHANGE.change,
            verdict=GOOD,
            conditions=pair,
            details={"together": True, "upper95": 0.03},
            source=("p.vms", "a.vms"),
        ),
        *(
            Fact(
                sample="A",
                quantity="atomic_fraction",
                value=a.atomic_fraction,
                verdict=a.verdict,
                conditions={"region": a.region, "state": "4V"},
            )
            for a in shares
        ),
    )
    assert len(shares) == 2
    bare = replace(CHANGES, changes=(replace(CHANGE, upper95=None),))
    facts = summed(fit(components=(replace(SPECIES, upper95=None),)), changes=(bare,)).facts
    assert [dict(f.details) for f in facts] == [{}, {}, {}, {"together": True}]


def change(
    value: float, sigma: float, component: str, verdict: Verdict = GOOD, quantity: str = "area_fraction_change"
) -> Fact:
    where = {"region": "S 2p", "component": component, "from_state": "pristine", "to_state": "4V"}
    return Fact(sample="A", quantity=quantity, value=even(value, sigma), verdict=verdict, conditions=where)


def test_the_key_table_has_the_most_significant_change_that_is_given() -> None:
    facts = [
        change(0.3, 0.02, "large"),
        change(-0.1, 0.004, "sure", WEAK),
        change(0.9, 0.001, "withheld", POOR),
        change(0.9, 0.0, "no sigma"),
        change(0.9, 0.001, "no change", quantity="area_fraction"),
    ]
    name = "S 2p sure, pristine → 4V"
    row = {**two("xps_largest_change", -0.1, 0.004), "xps_largest_change_of": name, "xps_verdict": "weak"}
    assert KEY.row(facts) == row
    assert {*row, "xps_upper95"} == set(KEY.columns)
    (column,) = KEY.shown
    assert column.cells(facts) == (KeyCell(text="-10.00 ± 0.40", verdict=WEAK, notes=(name, "wide")),)
    assert KEY.row(facts[2:3]) == {}
    assert column.cells(facts[2:3]) == ()
    assert KEY.row([facts[3], change(0.001, 0.1, "faint")])["xps_largest_change_of"].startswith("S 2p faint")


def test_where_no_change_is_given_the_highest_limit_stands() -> None:
    limits = [
        replace(change(0.9, 0.001, name, POOR), details={"upper95": upper})
        for name, upper in (("low", 0.02), ("high", 0.043), ("none", 0.0))
    ]
    other = replace(change(0.9, 0.1, "no change", POOR, "area_fraction"), details={"upper95": 0.5})
    facts = [*limits, other, change(0.9, 0.001, "no limit", POOR)]
    name = "S 2p high, pristine → 4V"
    assert KEY.row(facts) == {"xps_largest_change_of": name, "xps_verdict": "unresolved", "xps_upper95": 0.043}
    (column,) = KEY.shown
    assert column.cells(facts) == (KeyCell(text="at most 4.3", verdict=POOR, notes=(name, "noise")),)
    given = replace(change(0.001, 0.1, "given"), details={"upper95": 0.9})
    assert KEY.row([*facts, given])["xps_largest_change_of"].startswith("S 2p given")
    assert KEY.row(limits[2:]) == {}
