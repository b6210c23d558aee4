"""One row of every table of impedance and conduction: each number with its sigma and both ends, computed by hand.

Every number of the model differs from every other, so that none can stand in another's column.
"""

from __future__ import annotations

from dataclasses import replace
from math import hypot

import numpy as np
import pytest

from pipeline.core.report.tables import list_tables
from pipeline.core.sample import Pellet, Sample
from pipeline.core.summary import RunSummary
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.techniques.impedance.circuit_terms import Diffusion, ModelScore
from pipeline.techniques.impedance.comparisons import (
    CompositionOptimum,
    CompositionPoint,
    MeyerNeldel,
    PelletDensity,
    SeriesComparison,
)
from pipeline.techniques.impedance.model import (
    ArrheniusFit,
    ConductivityPoint,
    ImpedanceSummary,
    RegionAssignment,
)
from pipeline.techniques.impedance.rows import Copy
from pipeline.techniques.impedance.summarize.facts import list_facts
from tests.synthetic_run import pellet_fit, spectrum_fit

GOOD = Verdict(level="resolved", reason="")
AT_ROOM = Verdict(level="weak", reason="there", code="room_measured")
POOR = Verdict(level="unresolved", reason="noise", code="noise")
Z95 = 1.959964
PELLET = Pellet(thickness_m=0.5e-3, diameter_m=8e-3, thickness_sigma_m=1e-5, diameter_sigma_m=4e-5)
L_OVER_A_PER_CM = 0.05 / (np.pi * 0.4**2)
GEOMETRY = hypot(0.01 / 0.5, 2 * 0.04 / 8)


def skew(value, sigma, low, high, unit="1"):
    return Estimate(value=value, sigma=sigma, unit=unit, low95=low, high95=high)


def plain(value, sigma, unit="1"):
    return Estimate(value=value, sigma=sigma, unit=unit)


def spread(name, value, sigma, low, high):
    return {name: value, f"{name}_sigma": sigma, f"{name}_low95": low, f"{name}_high95": high}


def pair(name, value, sigma):
    return {name: value, f"{name}_sigma": sigma}


def sigma_of(resistance):
    """(l/A)/R in S/cm: the geometry on top of R's sigma and of each end, 1.96 times at the ends."""
    value = L_OVER_A_PER_CM / resistance.value
    down, up = 1 - resistance.value / resistance.high95, resistance.value / resistance.low95 - 1
    return spread(
        "conductivity_S_per_cm",
        value,
        value * hypot(resistance.sigma / resistance.value, GEOMETRY),
        value * (1 - hypot(down, Z95 * GEOMETRY)),
        value * (1 + hypot(up, Z95 * GEOMETRY)),
    )


# one spectrum of three points, one arc, a joint fit of one temperature
FREQUENCY_HZ = (5e5, 2e3, 7.0)
R_SINGLE = skew(2000.0, 40.0, 1900.0, 2150.0, "ohm")
R_SERIES = skew(2100.0, 21.0, 2040.0, 2170.0, "ohm")
REGION = RegionAssignment(
    arc=1,
    region="bulk",
    candidates=("bulk", "amorphous"),
    reasons=("one", "two; one"),
    specific_capacitance_f_per_m=plain(3e-10, 9e-12, "F/m"),
    relative_permittivity=plain(33.9, 1.1),
)
REGION_OF_SERIES = replace(
    REGION, specific_capacitance_f_per_m=plain(4e-10, 8e-12, "F/m"), relative_permittivity=plain(45.2, 0.9)
)
SCORE = ModelScore(
    n_arcs=2, blocking=True, inductance=False, n_parameters=8, chi2=71.5, aicc=10.25, bic=20.5, hits=4, starts=12,
    accepted=True, reason="least BIC",
)  # fmt: skip


def spectrum():
    made = spectrum_fit("A", 203.15, n_arcs=1, loop=2)
    measured = replace(
        made.checked.spectrum,
        frequency_hz=np.array(FREQUENCY_HZ),
        impedance_ohm=np.array([100 - 1j, 200 - 2j, 300 - 3j]),
    )
    kk = replace(made.checked.kk, rms_percent=0.31)
    checked = replace(made.checked, spectrum=measured, keep=(True, False, True), masks=(), kk=kk)
    arc = replace(
        made.arcs[0],
        resistance=R_SINGLE,
        cpe_q=plain(2e-9, 1e-10),
        cpe_exponent=plain(0.91, 0.012),
        capacitance=plain(4e-11, 1.5e-12, "F"),
        skew_exponent=plain(0.8, 0.02),
        apex_hz=2e5,
        apex_over_f_max=0.4,
    )
    return replace(
        made,
        checked=checked,
        arcs=(arc,),
        total_resistance=skew(2050.0, 30.0, 1985.0, 2125.0, "ohm"),
        series_resistance=plain(50.0, 2.5, "ohm"),
        inductance=plain(3e-7, 2e-8, "H"),
        blocking_q=plain(2e-6, 1.1e-7),
        blocking_exponent=plain(0.85, 0.013),
        diffusion=Diffusion(end="blocked", resistance=plain(700.0, 9.0, "ohm"), time_constant=plain(0.5, 0.02, "s")),
        chi2_reduced=1.3,
        noise=0.004,
        parameter_names=("R1",),
        parameter_values=(2000.5,),
        ln_covariance=np.array([[0.0009]]),
        scores=(SCORE,),
        fitted_ohm=measured.impedance_ohm,
    )


def pellet():
    made = pellet_fit("A", [spectrum()])
    arc = replace(
        made.series.arcs[0],
        resistance_ohm=(R_SERIES,),
        capacitance=plain(5e-11, 1.2e-12, "F"),
        exponent=plain(0.93, 0.007),
        apex_hz=(1.9e5,),
    )
    series = replace(made.series, arcs=(arc,))
    return replace(
        made, pellet=PELLET, series=series, series_regions=(REGION_OF_SERIES,), spectrum_regions=((REGION,),)
    )


POINT = ConductivityPoint(
    sample="A",
    file="a.mpt",
    loop=3,
    temperature_k=203.15,
    quantity="total",
    method="single",
    conductivity_s_per_m=skew(0.5, 0.01, 0.47, 0.55, "S/m"),
    geometry_relative_sigma=0.03,
    systematic_relative_sigma=0.04,
    verdict=GOOD,
)
LINE = ArrheniusFit(
    sample="A",
    quantity="total",
    method="single",
    basis="sigma_T",
    activation_energy_ev=skew(0.4, 0.004, 0.391, 0.411, "eV"),
    t_ref_k=251.5,
    ln_value_at_t_ref=skew(-1.5, 0.02, -1.55, -1.46),
    ln_prefactor=skew(12.0, 0.2, 11.5, 12.6),
    conductivity_25c_s_per_m=skew(0.27, 0.008, 0.255, 0.289, "S/m"),
    extrapolated=False,
    n_points=7,
    n_left_out=2,
    t_min_k=213.15,
    t_max_k=333.15,
    kink_temperature_k=skew(263.0, 3.0, 256.0, 271.0, "K"),
    second_activation_energy_ev=skew(0.3, 0.005, 0.288, 0.314, "eV"),
    correlation=0.11,
    verdict=GOOD,
    geometry_relative_sigma=0.035,
    temperature_sigma_ea_ev=0.0016,
    temperature_relative_sigma_25c=0.019,
    excess_scatter=0.006,
    delta_bic_kink=21.0,
    delta_bic_needed=14.0,
    findings=(Finding(severity="info", field="a", problem="one"), Finding(severity="info", field="b", problem="two")),
    left_out=("three", "four"),
    conductivity_25c_origin="measured",
    conductivity_25c_verdict=AT_ROOM,
    activation_energy_systematic_ev=0.0021,
    activation_energy_whole_ev=skew(0.4, 0.0045, 0.39, 0.412, "eV"),
    conductivity_25c_statistical_s_per_m=0.0061,
    conductivity_25c_systematic_s_per_m=0.0052,
    conductivity_25c_whole_s_per_m=skew(0.27, 0.0085, 0.253, 0.291, "S/m"),
)
BEST = CompositionOptimum(
    series="Ta",
    x_optimum=skew(0.38, 0.012, 0.35, 0.42),
    conductivity_s_per_m=skew(0.29, 0.007, 0.276, 0.307, "S/m"),
    n_points=6,
    verdict=GOOD,
)
AT_25C = spread("conductivity_25C_S_per_cm", 0.0027, 8e-5, 0.00255, 0.00289)
ENERGIES = {
    **spread("activation_energy_eV", 0.4, 0.004, 0.391, 0.411),
    **spread("second_activation_energy_eV", 0.3, 0.005, 0.288, 0.314),
    **spread("kink_temperature_K", 263.0, 3.0, 256.0, 271.0),
}
SAMPLES = (Sample(id="A", pellet=PELLET),)
SUMMARY = ImpedanceSummary(
    samples=SAMPLES,
    spectra=(("A", spectrum()),),
    pellets=(pellet(),),
    copies=(Copy(sample="A", file="eis/A_-70C.mpt", loop=2, copy_of="eis/first.mpt", copy_of_loop=1),),
    conductivity=(POINT,),
    arrhenius=(LINE,),
    composition=(
        CompositionPoint(
            sample="A",
            series="Ta",
            x_lcf=0.43,
            conductivity_25c_s_per_m=skew(0.25, 0.009, 0.233, 0.271, "S/m"),
            verdict=GOOD,
        ),
    ),
    optima=(BEST,),
    comparisons=(
        SeriesComparison(
            series_a="Ta",
            series_b="Zr",
            conductivity_ratio=skew(3.0, 0.15, 2.72, 3.31),
            x_difference=skew(-0.07, 0.014, -0.098, -0.041),
            verdict=GOOD,
        ),
    ),
    meyer_neldel=MeyerNeldel(energy_ev=skew(0.04, 0.003, 0.035, 0.047, "eV"), t_ref_k=249.0, n_samples=5, verdict=GOOD),
    densities=(
        PelletDensity(
            sample="A",
            density_kg_per_m3=skew(2778.0, 55.0, 2670.0, 2890.0, "kg/m3"),
            relative_density=skew(0.8, 0.016, 0.77, 0.84),
            conductivity_ratio=skew(0.7155, 0.0215, 0.6757, 0.7699),
            verdict=GOOD,
        ),
    ),
)
FACTS = tuple(replace(f, technique="eis") for f in list_facts(SUMMARY, SUMMARY.conductivity))
RUN = RunSummary(study_name="By hand", simulated=False, samples=SAMPLES, parts={"eis": SUMMARY}, facts=FACTS)
AT = {"loop": 2, "temperature_K": 203.15}
EXPECTED = {
    ("spectra", 0): {
        **AT,
        "f_min_Hz": 7.0,
        "f_max_Hz": 5e5,
        "n_points": 3,
        "n_masked": 1,
        "kk_rms_percent": 0.31,
        "noise_percent": 0.4,
        "n_arcs": 1,
        "chi2_reduced": 1.3,
        **spread("total_resistance_ohm", 2050.0, 30.0, 1985.0, 2125.0),
        **pair("series_resistance_ohm", 50.0, 2.5),
        **pair("inductance_H", 3e-7, 2e-8),
        **pair("blocking_q", 2e-6, 1.1e-7),
        **pair("blocking_exponent", 0.85, 0.013),
        **pair("diffusion_resistance_ohm", 700.0, 9.0),
        **pair("diffusion_time_s", 0.5, 0.02),
    },
    ("arcs", 0): {
        **AT,
        "arc": 1,
        **spread("resistance_ohm", 2000.0, 40.0, 1900.0, 2150.0),
        **pair("cpe_q", 2e-9, 1e-10),
        **pair("cpe_exponent", 0.91, 0.012),
        **pair("capacitance_F", 4e-11, 1.5e-12),
        **pair("skew_exponent", 0.8, 0.02),
        **pair("specific_capacitance_F_per_cm", 3e-12, 9e-14),
        **pair("relative_permittivity", 33.9, 1.1),
        "apex_Hz": 2e5,
        "apex_over_f_max": 0.4,
        **sigma_of(R_SINGLE),
    },
    ("arcs", 1): {
        **AT,
        "arc": 1,
        **spread("resistance_ohm", 2100.0, 21.0, 2040.0, 2170.0),
        **pair("cpe_exponent", 0.93, 0.007),
        **pair("capacitance_F", 5e-11, 1.2e-12),
        **pair("specific_capacitance_F_per_cm", 4e-12, 8e-14),
        **pair("relative_permittivity", 45.2, 0.9),
        "apex_Hz": 1.9e5,
        **sigma_of(R_SERIES),
    },
    ("fit_parameters", 0): {**AT, **pair("value", 2000.5, 60.015), "relative_sigma": 0.03},
    ("model_comparison", 0): {
        **AT,
        "n_arcs": 2,
        "n_parameters": 8,
        "chi2": 71.5,
        "aicc": 10.25,
        "bic": 20.5,
        "hits": 4,
        "starts": 12,
    },
    ("conductivity", 0): {
        "temperature_K": 203.15,
        **spread(
            "conductivity_S_per_cm",
            0.005,
            0.005 * hypot(0.02, 0.03),
            0.005 * (1 - hypot(0.06, Z95 * 0.03)),
            0.005 * (1 + hypot(0.10, Z95 * 0.03)),
        ),
        "conductivity_S_per_cm_sigma_without_geometry": 1e-4,
        "conductivity_S_per_cm_sigma_statistical": 1e-4,
        "conductivity_S_per_cm_sigma_systematic": 2e-4,
        "geometry_relative_sigma": 0.03,
        "loop": 3,
    },
    ("arrhenius", 0): {
        **ENERGIES,
        **AT_25C,
        "t_ref_K": 251.5,
        **spread("ln_value_at_t_ref", -1.5, 0.02, -1.55, -1.46),
        **spread("ln_prefactor", 12.0, 0.2, 11.5, 12.6),
        "n_points": 7,
        "n_left_out": 2,
        "t_min_K": 213.15,
        "t_max_K": 333.15,
        "correlation": 0.11,
        "geometry_relative_sigma": 0.035,
        "activation_energy_eV_sigma_of_thermometer": 0.0016,
        "conductivity_25C_relative_sigma_of_thermometer": 0.019,
        "scatter_beyond_points": 0.006,
        "delta_bic_kink": 21.0,
        "delta_bic_needed": 14.0,
        "activation_energy_eV_sigma_statistical": 0.004,
        "activation_energy_eV_sigma_systematic": 0.0021,
        "activation_energy_eV_sigma_whole": 0.0045,
        "conductivity_25C_S_per_cm_sigma_statistical": 6.1e-5,
        "conductivity_25C_S_per_cm_sigma_systematic": 5.2e-5,
        "conductivity_25C_S_per_cm_sigma_whole": 8.5e-5,
    },
    ("composition", 0): {
        "x_lcf": 0.43,
        **spread("conductivity_25C_S_per_cm", 0.0025, 9e-5, 0.00233, 0.00271),
        **spread("optimum_x_lcf", 0.38, 0.012, 0.35, 0.42),
        **spread("optimum_conductivity_25C_S_per_cm", 0.0029, 7e-5, 0.00276, 0.00307),
    },
    ("optima", 0): {
        **spread("x_lcf", 0.38, 0.012, 0.35, 0.42),
        **spread("conductivity_25C_S_per_cm", 0.0029, 7e-5, 0.00276, 0.00307),
        "n_points": 6,
    },
    ("comparisons", 0): {
        **spread("conductivity_ratio", 3.0, 0.15, 2.72, 3.31),
        **spread("x_difference", -0.07, 0.014, -0.098, -0.041),
    },
    ("meyer_neldel", 0): {**spread("energy_eV", 0.04, 0.003, 0.035, 0.047), "t_ref_K": 249.0, "n_samples": 5},
    ("densities", 0): {
        **spread("density_g_per_cm3", 2.778, 0.055, 2.67, 2.89),
        **spread("relative_density", 0.8, 0.016, 0.77, 0.84),
        **spread("porosity", 0.2, 0.016, 0.16, 0.23),
        **spread("conductivity_ratio_bruggeman", 0.7155, 0.0215, 0.6757, 0.7699),
    },
    ("key", 0): {
        **spread("conductivity_25C_S_per_cm", 0.0027, 8.5e-5, 0.00253, 0.00291),
        **spread("activation_energy_eV", 0.4, 0.0045, 0.39, 0.412),
        **pair("second_activation_energy_eV", 0.3, hypot(0.005, 0.0021 * 0.3 / 0.4)),
        **pair("kink_temperature_K", 263.0, 3.0),
        "conductivity_25C_S_per_cm_sigma_statistical": 6.1e-5,
        "conductivity_25C_S_per_cm_sigma_systematic": 5.2e-5,
        "activation_energy_eV_sigma_statistical": 0.004,
        "activation_energy_eV_sigma_systematic": 0.0021,
        **pair("relative_density", 0.8, 0.016),
    },
}
FILE = {"sample": "A", "file": "eis/A_-70C.mpt"}
GIVEN = {"verdict": "resolved", "verdict_reason": ""}
ARC = {"region": "bulk", "region_candidates": "bulk; amorphous", "region_reasons": "one; two", "verdict": "resolved",
       "verdict_reason": "sigma 1.2 % of the value"}  # fmt: skip
CIRCUIT = {"circuit": "R0-p(R1,CPE1)-CPE2", "fit_verdict": "weak"}
WORDS = {
    "spectra": {
        **FILE,
        **CIRCUIT,
        "temperature_origin": "file name",
        "kk_verdict": "pass",
        "kk_verdict_reason": "rms 0.31 %, 1.0 times the noise",
        "fit_verdict_reason": "sigma 11 % of the value",
        "format": "EC-Lab mpt",
        "instrument": "SP-300",
        "total_verdict": "resolved",
        "total_verdict_reason": "sigma 1.2 % of the value",
        "copy_of": "eis/first.mpt",
        "diffusion_end": "blocked",
    },
    "arcs": {**FILE, **ARC, "method": "single", "shape": "Cole-Cole"},
    "fit_parameters": {**FILE, **CIRCUIT, "parameter": "R1"},
    "model_comparison": {**FILE, "blocking": True, "inductance": False, "accepted": True, "reason": "least BIC"},
    "conductivity": {"sample": "A", "quantity": "total", "method": "single", **GIVEN, "file": "a.mpt"},
    "arrhenius": {
        "sample": "A",
        "quantity": "total",
        "basis": "sigma_T",
        "method": "single",
        "extrapolated": False,
        **GIVEN,
        "notes": "one; two",
        "left_out": "three; four",
        "conductivity_25C_origin": "measured",
        "conductivity_25C_verdict": "weak",
        "conductivity_25C_verdict_reason": "there",
    },
    "composition": {
        "sample": "A",
        "series": "Ta",
        **GIVEN,
        "optimum_verdict": "resolved",
        "optimum_verdict_reason": "",
    },
    "optima": {"series": "Ta", **GIVEN},
    "comparisons": {"series_a": "Ta", "series_b": "Zr", **GIVEN},
    "meyer_neldel": {"quantity": "total", **GIVEN},
    "densities": {"sample": "A", **GIVEN},
    "key": {
        "sample": "A",
        "extrapolated": False,
        "conductivity_method": "single",
        "conductivity_verdict": "weak",
        "conductivity_25C_origin": "measured",
    },
}


@pytest.fixture(scope="module")
def tables():
    return list_tables(RUN)


@pytest.mark.parametrize(("name", "at"), EXPECTED, ids=str)
def test_every_number_of_a_row(tables, name, at):
    table = tables[name]
    row = table.rows[at]
    assert set(row) <= set(table.columns)
    numbers = {c: row.get(c) for c, kind in table.columns.items() if kind in ("number", "count")}
    assert {c: v for c, v in numbers.items() if v is not None} == pytest.approx(EXPECTED[name, at], rel=1e-9)


def test_no_table_of_impedance_or_conduction_has_a_row_more(tables):
    rows = {name: len(table.rows) for name, table in tables.items() if table.rows and name != "facts"}
    assert rows == {name: sum(n == name for n, _ in EXPECTED) for name, _ in EXPECTED}


@pytest.mark.parametrize("name", WORDS)
def test_every_word_of_a_row(tables, name):
    table = tables[name]
    row = table.rows[0]
    words = {c: row.get(c) for c, kind in table.columns.items() if kind in ("text", "flag")}
    assert {c: v for c, v in words.items() if v not in (None, "")} == {c: v for c, v in WORDS[name].items() if v != ""}


WITHHELD = {
    "conductivity": ("conductivity_S_per_cm",),
    "arrhenius": ("activation_energy_eV", "second_activation", "kink_temperature", "ln_", "conductivity_25C_S_per_cm"),
    "composition": ("conductivity_25C", "optimum_"),
    "optima": ("x_lcf", "conductivity_25C"),
    "comparisons": ("conductivity_ratio", "x_difference"),
    "meyer_neldel": ("energy_eV",),
    "densities": ("relative_density", "porosity", "conductivity_ratio"),
    "arcs": ("resistance", "cpe_", "capacitance", "specific_", "relative_", "conductivity_", "skew_"),
}
"""What goes where the verdict says so; a density in g/cm3 and the ways to a number stay."""


@pytest.fixture(scope="module")
def poor():
    fit = spectrum()
    fit = replace(fit, arcs=(replace(fit.arcs[0], verdict=POOR),))
    made = pellet()
    series = replace(made.series, usable=POOR)
    lists = ("conductivity", "composition", "optima", "comparisons", "densities")
    summary = replace(
        SUMMARY,
        spectra=(("A", fit),),
        pellets=(replace(made, series=series),),
        arrhenius=(replace(LINE, verdict=POOR, conductivity_25c_verdict=POOR),),
        meyer_neldel=replace(SUMMARY.meyer_neldel, verdict=POOR),
        **{name: tuple(replace(x, verdict=POOR) for x in getattr(SUMMARY, name)) for name in lists},
    )
    return list_tables(replace(RUN, parts={"eis": summary}, facts=()))


@pytest.mark.parametrize(("name", "at"), [(n, at) for n, at in EXPECTED if n in WITHHELD], ids=str)
def test_what_is_withheld_is_in_no_column(poor, name, at):
    table = poor[name]
    row = table.rows[at]
    numbers = {c: row.get(c) for c, kind in table.columns.items() if kind in ("number", "count")}
    stay = {c: v for c, v in EXPECTED[name, at].items() if not c.startswith(WITHHELD[name])}
    stay |= {c: v for c, v in EXPECTED[name, at].items() if c.endswith("of_thermometer")}
    if (name, at) == ("arcs", 1):  # regions of a joint fit stand beside its verdict
        stay |= {c: v for c, v in EXPECTED[name, at].items() if c.startswith(("specific_", "relative_"))}
    assert {c: v for c, v in numbers.items() if v is not None} == pytest.approx(stay, rel=1e-9)
    assert (row["verdict"], row["verdict_reason"]) == ("unresolved", "noise")
