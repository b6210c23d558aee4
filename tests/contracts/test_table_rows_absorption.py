"""One row of every table of absorption and of what went wrong: each column against a number worked out by hand.

A 95 % interval without ends of its own is value -/+ 1.959964 sigma; ends that the model gives stand as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.core.key import KeyCell
from pipeline.core.report.tables import list_tables
from pipeline.core.tables import Table
from pipeline.core.values import Estimate, Fact, Finding, Mask, Rejection, Verdict
from pipeline.techniques.absorption.model import (
    AbsorptionSummary,
    Distortion,
    ScanUse,
    ScatteringPath,
    ShellFit,
)
from pipeline.techniques.absorption.report.key import KEY
from pipeline.techniques.absorption.summarize import list_facts
from tests.rows_by_hand import GOOD, POOR, assert_row, even, four
from tests.synthetic_run import make_run, near_edge, reduction, spectrum_fit
from tests.synthetic_sweeps import sweep_by_hand


def only_table(name: str, **changes: Any) -> Table:
    table = list_tables(make_run(simulated=False, **changes))[name]
    assert len(table.rows) == 1
    return table


def assert_one_row(name: str, expected: Mapping[str, Any], **changes: Any) -> None:
    assert_row(only_table(name, **changes), expected)


def test_a_row_of_xas_scans():
    use = ScanUse(
        file="xas/a.dat", loop=2, e0_ev=9881.25, edge_step=0.7, shift_ev=-0.15, shift_sigma_ev=0.02, used=False,
        reason="noise 4 times the median", noise_k=1e-3, group="pellet 2",
    )  # fmt: skip
    expected = {
        "sample": "A",
        "file": "xas/a.dat",
        "loop": 2,
        "group": "pellet 2",
        "edge": "Ta L3",
        "e0_eV": 9881.25,
        "edge_step": 0.7,
        "shift_eV": -0.15,
        "shift_eV_sigma": 0.02,
        "used_in_merge": False,
        "reason": "noise 4 times the median",
        "noise_k": 1e-3,
    }
    one = replace(reduction("A", "Ta", 9881.0, 14.0), scans=(use,))
    assert_one_row("xas_scans", expected, absorption=(one,), xanes=())


PATH = ScatteringPath(file="feff0001.dat", reff_angstrom=2.36, degeneracy=6, legs=2, amplitude_percent=100, label="")
SHELL = ShellFit(
    sample="A",
    element="Ta",
    edge="L3",
    shell="Cl",
    coordination=even(6.2, 0.3),
    distance_angstrom=Estimate(value=2.38, sigma=0.004, unit="angstrom", low95=2.37, high95=2.392),
    sigma2_angstrom2=even(0.0042, 0.0005, "angstrom^2"),
    e0_shift_ev=even(-1.5, 0.5, "eV"),
    s02=even(0.92, 0.05),
    s02_origin="calibrated on B (N = 6)",
    systematic_angstrom=0.003,
    distance_sigma_statistical_angstrom=0.002,
    distance_sigma_theory_angstrom=0.0017,
    distance_origin="calibrated on B (2.36 Å)",
    distance_reference="B",
    distance_difference_angstrom=even(0.02, 0.003, "angstrom"),
    k_min=3.0,
    k_max=14.5,
    r_min=1.3,
    r_max=2.6,
    k_weights=(1, 3),
    n_independent=9.4,
    n_variables=4,
    r_factor=0.008,
    chi2_reduced=3.2,
    correlations={"N, sigma2": 0.87},
    paths=(PATH,),
    feff_version="FEFF6L",
    structure="TaCl6",
    r_angstrom=np.zeros(2),
    model_chi_r_re=np.zeros(2),
    model_chi_r_im=np.zeros(2),
    verdict=GOOD,
)
EXAFS = {
    "sample": "A",
    "edge": "Ta L3",
    "group": "",
    "shell": "Cl",
    **four("coordination", 6.2, 0.3, 5.6120108, 6.7879892),
    **four("distance_angstrom", 2.38, 0.004, 2.37, 2.392),
    **four("sigma2_angstrom2", 0.0042, 0.0005, 0.003220018, 0.005179982),
    **four("e0_shift_eV", -1.5, 0.5, -2.479982, -0.520018),
    **four("s02", 0.92, 0.05, 0.8220018, 1.0179982),
    "s02_origin": "calibrated on B (N = 6)",
    "distance_origin": "calibrated on B (2.36 Å)",
    "distance_sigma_statistical_angstrom": 0.002,
    "distance_systematic_angstrom": 0.003,
    "distance_sigma_theory_angstrom": 0.0017,
    "distance_reference": "B",
    **four("distance_difference_angstrom", 0.02, 0.003, 0.014120108, 0.025879892),
    "k_min": 3.0,
    "k_max": 14.5,
    "r_min": 1.3,
    "r_max": 2.6,
    "k_weight": "1,3",
    "n_independent": 9.4,
    "n_variables": 4,
    "r_factor": 0.008,
    "chi2_reduced": 3.2,
    "verdict": "resolved",
    "verdict_reason": "clear",
}
FITTED = ("coordination", "distance", "sigma2", "e0_shift", "s02")


def test_a_row_of_exafs():
    assert_one_row("exafs", EXAFS, shells=(SHELL,))
    words = ("s02_origin", "distance_origin", "distance_reference")
    withheld = {c: None if c.startswith(FITTED) and c not in words else v for c, v in EXAFS.items()}
    poor = withheld | {"verdict": "unresolved", "verdict_reason": "noise"}
    assert_one_row("exafs", poor, shells=(replace(SHELL, verdict=POOR),))


def test_a_row_of_exafs_as_the_ixs_asks_for_it():
    reduced = replace(reduction("A", "Ta", 9881.0, 14.0), edge_step=even(0.7, 0.01))
    table = only_table("exafs_ixs", shells=(SHELL,), absorption=(reduced,))
    row, columns = table.rows[0], table.columns
    assert set(columns) == set(row)
    shared = {c: v for c, v in EXAFS.items() if c not in ("edge", "k_weight")}
    own = {
        "element": "Ta",
        "edge": "L3",
        "scans_merged": 2,  # of three, the third is left out
        "scans_left_out": "xas/A_Ta_3.dat (noise 4 times the median)",
        "largest_shift_eV": 0.04,
        "e0_eV": 9881.0,
        **four("edge_step", 0.7, 0.01, 0.68040036, 0.71959964),
        "glitches": "2 points masked at 9950 eV",
        "rbkg_angstrom": 1.1,
        "window": "hanning",
        "dk_per_angstrom": 1.0,
        "chi_r_noise": 0.05,
        "reduction": "align=auto; bkg_dk=0.1; bkg_k_max=14.0; bkg_k_min=0.0; bkg_k_weight=2.0; bkg_window=hanning; "
        "calibrated=no; clamp_high=0.0; clamp_low=0.0; n_clamp=5.0; n_norm=2.0; n_spline=9.0; norm1_ev=100.0; "
        "norm2_ev=700.0; nvict=0.0; pre1_ev=-150.0; pre2_ev=-30.0",
        "k_weights": "1,3",
        "correlations": "N, sigma2=0.870",
        "feff_version": "FEFF6L",
        "structure": "TaCl6",
        "paths": "feff0001.dat 2.3600 x6",
    }
    expected = shared | own
    assert set(expected) == set(columns)
    for column, value in expected.items():
        assert row[column] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value), column


def test_a_row_of_xanes():
    reduced = reduction("A", "Cl", 2823.0, 14.0)
    x = replace(
        near_edge(reduced), edge="K", e0=even(2823.5, 0.02, "eV"), edge_step=even(0.7, 0.01), white_line=even(2826.1, 0.1, "eV"),
        white_line_area=even(8.5, 0.9, "eV"),
        findings=(Finding(severity="warning", field="k_max", problem="no EXAFS: short", code="no_exafs"),),
    )  # fmt: skip
    expected = {
        "sample": "A",
        "edge": "Cl K",
        "group": "",
        "e0_eV": 2823.5,
        "e0_eV_sigma": 0.02,
        "edge_step": 0.7,
        "edge_step_sigma": 0.01,
        "white_line_eV": 2826.1,
        "white_line_eV_sigma": 0.1,
        "white_line_area": 8.5,
        "white_line_area_sigma": 0.9,
        "verdict": "resolved",
        "verdict_reason": "clear",
        "notes": "no EXAFS: short",
    }
    assert_one_row("xanes", expected, xanes=(replace(x, verdict=GOOD),))


BENT = Distortion(
    sample="A",
    element="Ta",
    edge="L3",
    reference_sample="B",
    ms_to_ss_ratio=even(0.8, 0.05),
    f1_intensity=even(0.15, 0.01),
    f1_k_per_angstrom=6.5,
    f1_r_angstrom=4.2,
    relative_change=even(-0.2, 0.05),
    relative_change_wavelet=even(-0.25, 0.1),
    bend_degree=Estimate(value=10.0, sigma=2.0, unit="degree", low95=4.0, high95=13.0),
    verdict=GOOD,
    findings=(
        Finding(severity="info", field="a", problem="one"),
        Finding(severity="info", field="b", problem="two"),
    ),
)


def test_a_row_of_distortion():
    expected = {
        "sample": "A",
        "edge": "Ta L3",
        **four("ms_to_ss_ratio", 0.8, 0.05, 0.7020018, 0.8979982),
        "f1_k_per_angstrom": 6.5,
        "f1_r_angstrom": 4.2,
        **four("f1_intensity", 0.15, 0.01, 0.13040036, 0.16959964),
        "reference_sample": "B",
        **four("relative_change", -0.2, 0.05, -0.2979982, -0.1020018),
        **four("relative_change_wavelet", -0.25, 0.1, -0.4459964, -0.0540036),
        **four("bend_degree", 10.0, 2.0, 4.0, 13.0),
        "verdict": "resolved",
        "verdict_reason": "clear",
        "notes": "one; two",
    }
    assert_one_row("distortion", expected, distortions=(BENT,))
    stay = ("sample", "edge", "f1_k", "f1_r", "reference", "notes")
    withheld = {c: v if c.startswith(stay) else None for c, v in expected.items()}
    poor = withheld | {"verdict": "unresolved", "verdict_reason": "noise"}
    assert_one_row("distortion", poor, distortions=(replace(BENT, verdict=POOR),))


def test_a_row_of_rejected():
    row = {"file": "eis/bad.mpt", "stage": "read", "field": "rows", "problem": "half a last line", "hint": "export"}
    assert_one_row("rejected", row, rejected=(Rejection(**row),))


def test_a_row_of_findings_stands_once():
    finding = Finding(severity="warning", field="area", problem="not set", hint="set it")
    row = {"subject": "a.mpt", "severity": "warning", "field": "area", "problem": "not set", "hint": "set it"}
    assert_one_row("findings", row, findings=(("a.mpt", finding), ("a.mpt", finding)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"spectra": (("A", spectrum_fit("A", 203.15, file="eis/a.mpt", loop=2)),), "sweeps": ()},
            [
                ("A", "eis/a.mpt", 2, "eis", 1, "3", "person: cable"),
                ("A", "eis/a.mpt", 2, "eis", 1, "40", "mains 50 Hz"),
            ],
        ),
        (
            {"spectra": (), "sweeps": (("A", sweep_by_hand()),)},
            [
                ("A", "lsv/a.mpt", 3, "lsv reduction", 1, "2", "spike"),
                ("A", "lsv/a.mpt", 3, "lsv reduction", 1, "4", "overload"),
            ],
        ),
    ],
    ids=["eis", "lsv"],
)
def test_rows_of_masks(changes, expected):
    table = list_tables(make_run(simulated=False, **changes))["masks"]
    columns = ("sample", "file", "loop", "technique", "n_masked", "point_indices", "reason")
    assert tuple(table.columns) == columns
    assert [tuple(row[c] for c in columns) for row in table.rows] == expected


def test_a_mask_of_several_points_counts_and_lists_them():
    fit = sweep_by_hand()
    masked = replace(fit, checked=replace(fit.checked, masks=(Mask(indices=(0, 3, 5), reason="settling"),)))
    rows = list_tables(make_run(simulated=False, spectra=(), sweeps=(("A", masked),)))["masks"].rows
    assert [(r["n_masked"], r["point_indices"]) for r in rows] == [(3, "0 3 5")]


def scans(*used: tuple[str, float, bool]) -> tuple[ScanUse, ...]:
    return tuple(
        ScanUse(
            file=file,
            loop=1,
            e0_ev=e0,
            edge_step=0.7,
            shift_ev=0.0,
            shift_sigma_ev=0.04,
            used=use,
            reason="",
            noise_k=None,
        )
        for file, e0, use in used
    )


def facts(**parts: Any) -> list[Fact]:
    return list(list_facts(AbsorptionSummary(**parts)))


THREE = scans(("a", 9881.0, True), ("b", 9881.06, True), ("a", 9881.03, True), ("c", 9999.0, False))


def test_facts_of_an_edge():
    """E0 of three scans: 0.03 eV of scatter over sqrt(3), and 0.04 eV of alignment."""
    reduced = replace(reduction("A", "Ta", 9881.0, 14.0), scans=THREE, edge_step=even(0.7, 0.01), edge_step_bias=0.02)
    e0, step = facts(absorption=(reduced,))
    for fact, quantity in ((e0, "e0"), (step, "edge_step")):
        assert (fact.sample, fact.quantity, fact.source) == ("A", quantity, ("a", "b"))
        assert fact.conditions == {"edge": "Ta L3"}
        assert fact.verdict == Verdict(level="resolved", reason="3 of 4 scans merged", code="merged")
    assert (e0.value.value, e0.value.sigma, e0.value.unit) == (
        9881.0,
        pytest.approx((0.03**2 / 3 + 0.04**2) ** 0.5),
        "eV",
    )
    assert e0.details == {"sigma_from": "scatter of the scans and of their alignment", "scans": 3.0}
    assert (step.value, step.details) == (even(0.7, 0.01), {"bias": 0.02, "scans": 3.0})
    one = facts(absorption=(replace(reduced, scans=THREE[2:]),))[0]
    assert (one.value.sigma, one.details) == (0.0, {"sigma_from": "not known: one scan", "scans": 1.0})


def test_facts_of_a_shell():
    reduced = replace(reduction("A", "Ta", 9881.0, 14.0), scans=THREE)
    found = [f for f in facts(absorption=(reduced,), shells=(SHELL,)) if "shell" in f.conditions]
    ways = {"structure": "TaCl6", "s02_origin": "calibrated on B (N = 6)", "k_min": 3.0, "k_max": 14.5}
    parts = {"systematic_angstrom": 0.003, "statistical_angstrom": 0.002, "theory_angstrom": 0.0017,
             "phase": "calibrated on B (2.36 Å)"}  # fmt: skip
    assert [(f.quantity, f.value, f.details) for f in found] == [
        ("distance", SHELL.distance_angstrom, ways | parts),
        ("distance_difference", SHELL.distance_difference_angstrom, ways | {"reference": "B"}),
        ("coordination", SHELL.coordination, ways),
        ("sigma2", SHELL.sigma2_angstrom2, ways),
        ("e0_shift", SHELL.e0_shift_ev, ways),
        ("s02", SHELL.s02, ways),
    ]
    for f in found:
        assert (f.sample, f.verdict, f.conditions) == ("A", GOOD, {"edge": "Ta L3", "shell": "Ta-Cl"})
        assert f.source == ("a", "b")
    bare = facts(shells=(replace(SHELL, distance_difference_angstrom=None),))
    assert [f.quantity for f in bare] == ["distance", "coordination", "sigma2", "e0_shift", "s02"]
    assert {f.source for f in bare} == {()}


def test_facts_of_a_distortion():
    mine = replace(reduction("A", "Ta", 9881.0, 14.0), scans=THREE)
    its = replace(reduction("B", "Ta", 9881.0, 14.0), scans=scans(("d", 9881.0, True)))
    other = replace(reduction("B", "Sm", 6716.0, 14.0), scans=scans(("e", 6716.0, True)))
    found = facts(absorption=(mine, its, other), distortions=(BENT,))[6:]
    known = {"sample": "A", "verdict": GOOD, "conditions": {"edge": "Ta L3", "reference": "B"},
             "details": {"method": "tied fit"}, "source": ("a", "b", "d")}  # fmt: skip
    assert found == [
        Fact(quantity="ms_to_ss_change", value=BENT.relative_change, **known),
        Fact(quantity="bend", value=BENT.bend_degree, **known),
    ]
    assert facts(distortions=(replace(BENT, reference_sample=None), replace(BENT, reference_sample="A"))) == []


def test_the_key_table_of_absorption():
    shells = facts(shells=(SHELL, replace(SHELL, element="Sm", shell="O", verdict=POOR)))
    changes = facts(distortions=(BENT, replace(BENT, element="Sm", verdict=POOR)))
    assert KEY.row([*shells, *changes]) == {
        "distances_angstrom": "Ta-Cl 2.3800 ± 0.0040; Sm-O —",
        "distances_verdict": "resolved; unresolved",
        "distortion": "Ta L3 -20.0 ± 5.0 %; Sm L3 —",
        "distortion_verdict": "resolved; unresolved",
    }
    assert KEY.row(()) == {}
    distances, bends = (list(column.cells([*shells, *changes])) for column in KEY.shown)
    assert distances == [
        KeyCell(text="Ta–Cl: 2.3800 ± 0.0040", verdict=GOOD),
        KeyCell(text="Sm–O: —", verdict=POOR, notes=("noise",)),
    ]
    assert bends == [
        KeyCell(text="Ta L3: -20.0 ± 5.0", verdict=GOOD),
        KeyCell(text="Sm L3: —", verdict=POOR, notes=("noise",)),
    ]
