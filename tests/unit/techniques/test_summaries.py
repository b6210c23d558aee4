"""Windows, conductivities, densities, comparisons: what is shared cancels, what is missing is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import Pellet, Sample, Source
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.science.tied_lines import fit_tied_line
from pipeline.techniques.impedance.model import Arc, ArrheniusFit, CompositionOptimum, ConductivityPoint, PelletFit
from pipeline.techniques.impedance.summarize.arrhenius import ArrheniusSettings, fit_arrhenius
from pipeline.techniques.impedance.summarize.composition import compare_series
from pipeline.techniques.impedance.summarize.conductivity import ConductivitySettings, doubt_electrode
from pipeline.techniques.impedance.summarize.density import compare_densities
from pipeline.techniques.impedance.summarize.geometry import doubt_lines, doubt_points, geometry_doubts
from pipeline.techniques.impedance.summarize.meyer_neldel import relate_prefactors
from pipeline.techniques.impedance.summarize.repeats import compare_repeats
from pipeline.techniques.sweeps.model import (
    CheckedSweep,
    LinearSweep,
    Onset,
    StabilityWindow,
    SweepConditions,
    SweepFit,
)
from pipeline.techniques.sweeps.summarize import WindowSettings, summarize_windows

GOOD = Verdict(level="resolved", reason="")
KB = 8.617333262e-5


def sweep(value: float | None, direction: str, *, own: float = 0.001, reference: float | None = 0.01,
          file: str = "a.mpt", number: int = 1) -> SweepFit:  # fmt: skip
    conditions = SweepConditions(
        reference_electrode="Na15Sn4",
        volts_vs_na=None if reference is None else 0.08,
        volts_vs_na_sigma=reference or 0.0,
    )
    raw = LinearSweep(
        source=Source(file=file, format=""), time_s=None, potential_v=np.zeros(2), current_a=np.zeros(2), sweep=number
    )
    checked = CheckedSweep(
        sweep=raw,
        direction=direction,  # type: ignore[arg-type]
        keep=(True, True),
        masks=(),
        potential_v_vs_na=np.zeros(2),
        potential_is_vs_na=reference is not None,
        scan_rate_v_per_s=None,
        ocv_v=None,
        conditions=conditions,
    )
    estimate = None if value is None else Estimate(value=value, sigma=float(np.hypot(own, reference or 0)), unit="V")
    verdict = GOOD if value is not None else Verdict(level="unresolved", reason="the limit lies beyond")
    return SweepFit(
        checked=checked,
        onsets=(Onset(criterion="j_1_uA_per_cm2", onset_v_vs_na=estimate, verdict=verdict),),
        baseline_a=np.zeros(2),
        noise_a=1e-9,
        baseline_end_v=None,
        capacitance=None,
        charge_mah=None,
        onset_v=np.zeros((0, 0)),
    )


def window(*fits: SweepFit, computed: tuple[float, float] | None = None) -> StabilityWindow:
    known = {} if computed is None else {"A": computed}
    ((found,), _) = summarize_windows([("A", f) for f in fits], known, WindowSettings())
    return found


def test_the_error_of_the_reference_cancels_in_width_and_difference() -> None:
    fits = [("A", sweep(4.1, "oxidation")), ("A", sweep(1.9, "reduction")), ("B", sweep(3.95, "oxidation"))]
    windows, (difference,) = summarize_windows(fits, {}, WindowSettings())
    a = windows[0]
    assert a.oxidation_limit_v_vs_na is not None
    assert a.width_v is not None
    assert a.oxidation_limit_v_vs_na.sigma == pytest.approx(np.hypot(0.001, 0.01))
    assert a.width_v.sigma == pytest.approx(0.001 * np.sqrt(2))
    assert (difference.sample_a, difference.sample_b) == ("A", "B")
    assert difference.difference_v.value == pytest.approx(0.15)
    assert difference.difference_v.sigma == pytest.approx(0.001 * np.sqrt(2))
    assert "significant" in difference.verdict.reason


def test_different_references_do_not_cancel() -> None:
    other = sweep(3.95, "oxidation")
    conditions = replace(other.checked.conditions, reference_electrode="Na", volts_vs_na=0.0)
    other = replace(other, checked=replace(other.checked, conditions=conditions))
    _, (d,) = summarize_windows([("A", sweep(4.1, "oxidation")), ("B", other)], {}, WindowSettings())
    assert d.difference_v.sigma == pytest.approx(np.sqrt(2 * (0.001**2 + 0.01**2)))


def test_without_a_reference_the_width_is_still_said() -> None:
    w = window(sweep(4.0, "oxidation", reference=None), sweep(1.8, "reduction", reference=None))
    assert w.oxidation_limit_v_vs_na is None
    assert w.width_v is not None
    assert w.width_v.value == pytest.approx(2.2)
    assert w.verdict.level == "weak"
    assert "no reference" in w.verdict.reason


def test_one_limit_is_given_the_other_has_its_reason() -> None:
    w = window(sweep(4.0, "oxidation"), sweep(None, "reduction"))
    assert w.oxidation_limit_v_vs_na is not None
    assert w.reduction_limit_v_vs_na is None
    assert w.width_v is None
    assert w.verdict.level == "weak"
    assert "reduction: the limit lies beyond" in w.verdict.reason
    assert "no reduction sweep" in window(sweep(4.0, "oxidation")).verdict.reason


def test_the_first_sweep_counts_and_cells_are_averaged() -> None:
    w = window(sweep(4.0, "oxidation"), sweep(3.5, "oxidation", number=2))
    assert w.oxidation_limit_v_vs_na is not None
    assert w.oxidation_limit_v_vs_na.value == pytest.approx(4.0)
    w = window(sweep(4.0, "oxidation"), sweep(4.1, "oxidation", file="b.mpt"))
    assert w.oxidation_limit_v_vs_na is not None
    assert w.oxidation_limit_v_vs_na.value == pytest.approx(4.05)
    assert "mean of 2 cells" in w.verdict.reason


def test_the_computed_window_stands_beside() -> None:
    w = window(sweep(4.1, "oxidation"), sweep(2.16, "reduction"), computed=(2.15, 3.91))
    assert w.computed_v_vs_na == (2.15, 3.91)
    assert "oxidation outlasts the computed 3.91 V by 0.19 V" in w.verdict.reason
    assert "reduction as computed" in w.verdict.reason


def points(t: np.ndarray, ea: float, sigma: float = 0.01, sample: str = "A", method: str = "single",
           scale: float = 1.0) -> list[ConductivityPoint]:  # fmt: skip
    value = scale * 0.27 * 298.15 / t * np.exp(-ea / KB * (1 / t - 1 / 298.15))
    return [
        ConductivityPoint(
            sample=sample,
            file=f"{i}.mpt",
            loop=1,
            temperature_k=float(k),
            quantity="total",
            method=method,  # type: ignore[arg-type]
            conductivity_s_per_m=Estimate(value=float(v), sigma=sigma * float(v), unit="S/m"),
            geometry_relative_sigma=0.0,
            verdict=GOOD,
        )
        for i, (k, v) in enumerate(zip(t, value, strict=True))
    ]


COLD = np.linspace(203.15, 283.15, 9)


def line(rows: list[ConductivityPoint]) -> ArrheniusFit:
    return fit_arrhenius(rows, ArrheniusSettings())[0]


def test_extrapolated_and_interpolated_are_told_apart() -> None:
    assert line(points(COLD, 0.3)).extrapolated
    assert "extrapolated" in line(points(COLD, 0.3)).verdict.reason
    assert not line(points(COLD + 40, 0.3)).extrapolated


def test_points_left_out_are_counted_with_their_reason() -> None:
    rows = points(COLD, 0.3)
    bad = Verdict(level="unresolved", reason="split withheld")
    rows[0], rows[4] = (replace(rows[i], conductivity_s_per_m=None, verdict=bad) for i in (0, 4))
    a = line(rows)
    assert (a.n_points, a.n_left_out) == (7, 2)
    assert a.left_out == ("2 point(s) left out at 203.15, 243.15 K: unresolved: split withheld",)
    none = line([replace(p, conductivity_s_per_m=None, verdict=bad) for p in rows])
    assert none.verdict.level == "unresolved"
    assert "0 usable temperature(s), 3 needed" in none.verdict.reason


def test_an_outlier_is_named_and_stays() -> None:
    rows = points(COLD, 0.3)
    rng = np.random.default_rng(0)
    rows = [
        replace(p, conductivity_s_per_m=replace(e, value=e.value * float(np.exp(0.01 * rng.standard_normal()))))
        for p in rows
        if (e := p.conductivity_s_per_m)
    ]
    e = rows[5].conductivity_s_per_m
    assert e is not None
    rows[5] = replace(rows[5], conductivity_s_per_m=replace(e, value=1.5 * e.value))
    a = line(rows)
    assert a.n_points == 9
    assert any("5.mpt at 253.15 K stands +" in f.problem and "stays in the fit" in f.problem for f in a.findings)


def test_a_second_scan_that_differs_is_told() -> None:
    first, second = points(COLD, 0.3), points(COLD, 0.3, scale=1.1)
    rows = [*first, *(replace(p, file=f"z{p.file}") for p in second)]
    (finding,) = (f for f in line(rows).findings if "measured twice" in f.problem)
    assert finding.severity == "warning"
    assert "+10.0 ±" in finding.problem


def test_a_joint_fit_gives_its_covariance_back() -> None:
    t = np.linspace(203.15, 298.15, 7)
    x = -1 / (KB * t)
    covariance = np.array([[4e-4, 3e-5], [3e-5, 1e-5]])
    design = np.column_stack([np.ones_like(x), x - x.mean() + 3.0])
    sigma = np.sqrt(np.einsum("ti,ij,tj->t", design, covariance, design))
    found = fit_tied_line(x, 1.0 + 0.3 * x, sigma, None)
    for x_new in (-1 / (KB * 310), -1 / (KB * 220)):
        g = np.array([1.0, x_new - x.mean() + 3.0])
        value, s = found.at(x_new)
        assert value == pytest.approx(1.0 + 0.3 * x_new)
        assert s == pytest.approx(np.sqrt(g @ covariance @ g), rel=1e-4)


def test_meyer_neldel_only_from_four_samples() -> None:
    def lines(n: int, e_mn: float) -> list[ArrheniusFit]:
        energies = 0.25 + 0.05 * np.arange(n)
        out = []
        for i, ea in enumerate(energies):
            scale = np.exp((ea - 0.25) * (1 / e_mn - 1 / (KB * 298.15)))
            out += fit_arrhenius(points(COLD, float(ea), sample=f"{i}", scale=float(scale)), ArrheniusSettings())
        return out

    three = relate_prefactors(lines(3, 0.05))
    assert three is not None
    assert three.energy_ev is None
    assert "3 sample(s), 4 needed" in three.verdict.reason
    six = relate_prefactors(lines(6, 0.05))
    assert six is not None
    assert six.energy_ev is not None
    assert six.energy_ev.value == pytest.approx(0.05, rel=0.02)


def pellet(**more: float) -> Pellet:
    known = {"thickness_m": 0.55e-3, "diameter_m": 0.01, "thickness_sigma_m": 1e-5, "mass_kg": 120e-6} | more
    return Pellet(**known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("factor", "good", "hint"), [(1.0, True, ""), (1e-3, False, "in m?"), (1e3, False, "in µm?"), (2.5, False, "check")]
)
def test_a_thickness_in_another_unit_is_caught(factor: float, good: bool, hint: str) -> None:
    phases = (
        Sample(id="HCF", density_kg_per_m3=3900.0, molar_mass_kg_per_mol=0.493),
        Sample(id="LCF", density_kg_per_m3=3400.0, molar_mass_kg_per_mol=0.417),
    )
    hse = Sample(
        id="HSE",
        x_lcf=0.38,
        pellet=pellet(thickness_m=0.55e-3 * factor),
        crystalline_phase="HCF",
        amorphous_phase="LCF",
    )
    (d,) = compare_densities((hse, *phases), ConductivitySettings())
    assert d.relative_density is not None
    w = np.array([0.62 * 0.493, 0.38 * 0.417])
    mixture = w.sum() / (w[0] / 3900 + w[1] / 3400)
    known = 120e-6 / (np.pi * 0.005**2 * 0.55e-3 * factor) / mixture
    assert d.relative_density.value == pytest.approx(known)
    assert bool(d.findings) is not good
    assert all(hint in f.hint for f in d.findings)


def test_without_densities_a_factor_of_a_thousand_is_still_caught() -> None:
    (good,) = compare_densities((Sample(id="A", pellet=pellet()),), ConductivitySettings())
    (bad,) = compare_densities((Sample(id="A", pellet=pellet(thickness_m=0.55)),), ConductivitySettings())
    assert not good.findings
    assert bad.findings


def test_series_are_compared_at_their_best() -> None:
    def optimum(series: str, x: float, sigma: float) -> CompositionOptimum:
        return CompositionOptimum(
            series=series,
            x_optimum=Estimate(value=x, sigma=0.01, unit="1"),
            conductivity_s_per_m=Estimate(value=sigma, sigma=0.02 * sigma, unit="S/m"),
            n_points=6,
            verdict=GOOD,
        )

    (c,) = compare_series((), (optimum("Ta", 0.38, 0.27), optimum("Zr", 0.45, 0.09)))
    assert c.conductivity_ratio.value == pytest.approx(3.0)
    assert c.conductivity_ratio.sigma == pytest.approx(3.0 * 0.02 * np.sqrt(2))
    assert c.x_difference is not None
    assert c.x_difference.value == pytest.approx(-0.07)
    assert c.verdict.reason.startswith("significant")


def test_repeats_pair_scan_2_with_scan_10_and_tell_a_scatter_without_direction():
    """Names in the order of the numbers: up scans 0 ... 9, down scans 10 ... 19; sorted as text, half the pairs turn round."""

    def point(i, t, value):
        e = Estimate(value=value, sigma=1e-3 * value, unit="S/m")
        return ConductivityPoint(
            sample="A",
            temperature_k=t,
            quantity="total",
            method="single",
            conductivity_s_per_m=e,
            verdict=Verdict(level="resolved", reason=""),
            file=f"t{t:.0f}_{i}.mpt",
            geometry_relative_sigma=0.0,
            loop=1,
        )

    temperatures = [200.0 + 10 * i for i in range(10)]
    up = [point(i, t, np.exp(t / 50)) for i, t in enumerate(temperatures)]
    down = [point(19 - i, t, 0.9 * np.exp(t / 50)) for i, t in enumerate(temperatures)]
    found = compare_repeats([*up, *down], 0.5)
    assert found.severity == "warning"
    assert "-10.0 ± 0." in found.problem
    mixed = [point(19 - i, t, (0.9 if i % 2 else 1.1) * np.exp(t / 50)) for i, t in enumerate(temperatures)]
    found = compare_repeats([*up, *mixed], 0.5)
    assert found.severity == "warning"
    assert "no common direction" in found.problem


@pytest.mark.parametrize(("capacitance_f", "level"), [(1e-10, "resolved"), (2e-6, "weak")])
def test_a_total_that_holds_a_closed_electrode_arc_is_weak(capacitance_f, level):
    """2e-6 F of a disc of 0.55 mm by 10 mm are 1.4e-7 F/cm: an electrode that closes, not the pellet."""
    arc = Arc(
        number=2,
        resistance=Estimate(value=50.0, sigma=0.5, unit="ohm"),
        cpe_q=None,
        cpe_exponent=None,
        capacitance=Estimate(value=capacitance_f, sigma=0.0, unit="F"),
        apex_hz=100.0,
        apex_over_f_max=1e-5,
        verdict=GOOD,
    )
    pellet = Pellet(thickness_m=0.55e-3, diameter_m=10e-3)
    found = doubt_electrode(Verdict(level="resolved", reason="sigma 0.1%"), [arc], Sample(id="A", pellet=pellet))
    assert found.level == level
    assert ("arc 2" in found.reason) is (level == "weak")


def test_lines_without_a_geometry_have_no_prefactor_to_relate():
    lines = [line(points(np.linspace(220, 300, 7), e, sample=str(e))) for e in (0.30, 0.34, 0.38, 0.42)]
    assert relate_prefactors([replace(a, ln_value_at_t_ref=None, ln_prefactor=None) for a in lines]) is None


def test_an_implausible_pellet_makes_its_conductivities_weak_and_says_why():
    """120 mg of 10 mm diameter at 0.15 mm: 10.2 g/cm3 where its crystals have 4."""
    rows = points(np.linspace(220, 300, 7), 0.3)
    dense = Sample(id="A", density_kg_per_m3=4000.0, pellet=pellet(thickness_m=1.5e-4))
    (density,) = compare_densities([dense], ConductivitySettings())
    doubts = geometry_doubts([], [density])
    assert {p.verdict.level for p in doubt_points(rows, doubts)} == {"weak"}
    (told,) = doubt_lines([line(rows)], doubts)
    assert told.verdict.level == "weak"
    assert "g/cm3" in told.verdict.reason
    assert "Ea needs no geometry" in told.verdict.reason
    assert doubt_lines([line(rows)], {}) == [line(rows)]


def test_a_permittivity_below_vacuum_is_a_doubt_of_the_pellet():
    finding = Finding(severity="warning", field="pellet", problem="thickness 0.7 mm make eps_r = 0.3 of an arc")
    fit = PelletFit(sample="A", pellet=None, series=None, series_regions=(), spectrum_regions=(), findings=(finding,))
    assert geometry_doubts([fit], []) == {"A": finding.problem}
