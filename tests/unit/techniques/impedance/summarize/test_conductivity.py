"""sigma = (l/A)/R: value, sigma and both ends of the interval, by hand; what stands in for it without a geometry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import Pellet, Sample
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import Arc, PelletFit, RegionAssignment, SeriesArc, SeriesFit
from pipeline.techniques.impedance.settings import ConductivitySettings
from pipeline.techniques.impedance.summarize.conductivity import (
    doubt_electrode,
    make_point,
    summarize_conductivity,
)
from tests.conduction_points import GOOD
from tests.synthetic_run import spectrum_fit

PELLET = Pellet(thickness_m=0.5e-3, diameter_m=8e-3, thickness_sigma_m=1e-5, diameter_sigma_m=4e-5)
L_OVER_A = 0.5e-3 / (3.14159265358979 * 16e-6)
"""9.947 per m"""
SKEW = Estimate(value=100.0, sigma=4.0, unit="ohm", low95=90.0, high95=125.0)


def total(resistance: Estimate, pellet: Pellet | None = PELLET):
    fit = replace(spectrum_fit("A", 203.15), total_resistance=resistance)
    (point,) = summarize_conductivity(Sample(id="A", pellet=pellet), [fit], None, ConductivitySettings())
    return point


def numbers(e: Estimate):
    return e.value, e.sigma, e.low, e.high


def test_the_largest_resistance_is_the_least_conductivity():
    e = total(SKEW).conductivity_s_per_m
    assert numbers(e) == pytest.approx([L_OVER_A * s for s in (1 / 100, 4 / 100**2, 1 / 125, 1 / 90)])


def test_the_interval_without_ends_of_its_own_is_that_of_the_sigma():
    e = total(Estimate(value=100.0, sigma=4.0, unit="ohm")).conductivity_s_per_m
    ends = (1 / (100 + 4 * 1.959964), 1 / (100 - 4 * 1.959964))
    assert (e.low, e.high) == pytest.approx([L_OVER_A * s for s in ends])


def test_the_geometry_is_carried_apart():
    """1 % of the length and twice 0.5 % of the diameter; in no interval of a single temperature."""
    assert total(SKEW).geometry_relative_sigma == pytest.approx((0.02**2 + 0.01**2) ** 0.5)


def test_without_a_geometry_one_over_r_stands_in():
    point = total(SKEW, None)
    assert point.conductivity_s_per_m is None
    assert point.verdict.level == "refused"
    assert numbers(point.conductance_s) == pytest.approx((0.01, 4e-4, 0.008, 1 / 90))


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


PERCENT = "sigma {:.2%} without geometry"
AGREED = Verdict(level="weak", reason="models differ", code="models_differ")
NONE = Verdict(level="refused", reason="no arc closes", code="no_arc_closes")


def ohm(value: float, sigma: float) -> Estimate:
    return Estimate(value=value, sigma=sigma, unit="ohm")


@pytest.mark.parametrize(
    ("resistance", "known", "level", "code", "reason"),
    [
        (ohm(100, 4.99), None, "resolved", "total_agreed", PERCENT.format(0.0499)),
        (ohm(100, 5.0), None, "resolved", "total_agreed", PERCENT.format(0.05)),
        (ohm(100, 5.01), None, "weak", "total_wide", f"{PERCENT.format(0.0501)}: worse than 5%"),
        (ohm(100, 20.0), None, "weak", "total_wide", f"{PERCENT.format(0.2)}: worse than 5%"),
        (ohm(100, 20.01), None, "unresolved", "total_wide", f"{PERCENT.format(0.2001)}: worse than 20%"),
        (ohm(100, 4.99), AGREED, "weak", "models_differ", f"{PERCENT.format(0.0499)}; models differ"),
        (ohm(100, 5.01), AGREED, "weak", "total_wide", f"{PERCENT.format(0.0501)}: worse than 5%"),
        (ohm(100, 4.99), GOOD, "resolved", "total_agreed", PERCENT.format(0.0499)),
        (None, NONE, "refused", "no_arc_closes", "no total resistance: no arc closes"),
        (None, None, "refused", "total_none", "no total resistance: of the fit"),
    ],
)
def test_every_rule_of_a_total(resistance, known, level, code, reason) -> None:
    of_fit = Verdict(level="weak", reason="of the fit", code="x")
    fit = replace(spectrum_fit("A", 203.15), total_resistance=resistance, total_verdict=known, verdict=of_fit, arcs=())
    (point,) = summarize_conductivity(Sample(id="A", pellet=PELLET), [fit], None, ConductivitySettings())
    assert point.verdict == Verdict(level=level, reason=reason, code=code)
    given = level in ("resolved", "weak")
    assert (point.conductivity_s_per_m is not None, point.resistance_ohm) == (given, 100 if given else None)
    assert (point.quantity, point.method, point.temperature_k, point.sample) == ("total", "single", 203.15, "A")


def test_a_resistance_that_is_not_positive_is_no_resistance_of_the_pellet() -> None:
    made = make_point(Sample(id="A"), ("a", 1, None), "bulk", "single", ohm(0.0, 0.0), NONE)
    assert (made.resistance_ohm, made.conductance_s, made.conductance_verdict, made.verdict) == (None, None, None, NONE)
    assert make_point(Sample(id="A"), ("a", 1, None), "bulk", "single", ohm(-1.0, 0.1), NONE).resistance_ohm is None
    bare = make_point(Sample(id="A"), ("a", 2, 250.0), "bulk", "series", None, GOOD, 240.0)
    assert (bare.conductance_s, bare.conductance_verdict, bare.verdict.code) == (None, GOOD, "no_geometry")
    assert (bare.loop, bare.series_kink_k, bare.geometry_relative_sigma) == (2, 240.0, 0.0)


@pytest.mark.parametrize(("share", "weak"), [(0.999, False), (1.0, True)])
def test_an_electrode_begins_at_a_ten_millionth_of_a_farad_per_cm(share: float, weak: bool) -> None:
    """C l/A of 1e-5 F/m; a verdict that is no number's stays as it is."""
    c = 1e-5 / PELLET.cell_constant_per_m * share * (1 + 1e-12)
    arcs = [arc(1, 1e-12), arc(2, c), replace(arc(3, 1.0), capacitance=None)]
    found = doubt_electrode(AGREED, arcs, Sample(id="A", pellet=PELLET))
    text = "models differ; holds arc 2 with C l/A = 1e-07 F/cm, an electrode's: the pellet's is less"
    assert found == (Verdict(level="weak", reason=text, code="total_holds_electrode") if weak else AGREED)
    assert doubt_electrode(NONE, arcs, Sample(id="A", pellet=PELLET)) == NONE
    assert doubt_electrode(AGREED, arcs, Sample(id="A")) == AGREED


def arc(number: int, capacitance_f: float = 1e-10, verdict: Verdict = GOOD) -> Arc:
    return Arc(
        number=number,
        resistance=ohm(10.0 * number, 0.1),
        cpe_q=None,
        cpe_exponent=None,
        capacitance=Estimate(value=capacitance_f, sigma=0.0, unit="F"),
        apex_hz=100.0,
        apex_over_f_max=1e-5,
        verdict=verdict,
    )


def region(of: int, name: str) -> RegionAssignment:
    return RegionAssignment(
        arc=of,
        region=name,
        candidates=(name,),
        reasons=(),
        specific_capacitance_f_per_m=None,
        relative_permittivity=None,
    )


LOST = Verdict(level="unresolved", reason="hidden", code="arc_hidden")


@pytest.mark.parametrize(
    ("arcs", "names", "value", "verdict"),
    [
        ((arc(1), arc(2)), ("bulk", "interface"), 10.0, GOOD),
        ((arc(1), arc(2)), ("interface", "bulk"), 20.0, GOOD),
        ((arc(1, verdict=LOST), arc(2)), ("bulk", "interface"), None, LOST),
        ((arc(1), arc(2)), ("bulk", "bulk"), None, ("region_twice", "arcs 1, 2 both carry the name bulk")),
        ((arc(1), arc(2)), ("interface", "undetermined"), None, ("region_missing", "none of 2 arc(s) here is the bulk")),
        ((arc(1), arc(2, verdict=LOST)), ("interface", "undetermined"), None,
         ("region_missing", "none of 2 arc(s) here is the bulk (arc 2: hidden)")),
        ((), (), None, ("no_arc", "no arc in this spectrum")),
    ],
)  # fmt: skip
def test_which_arc_carries_the_name_of_a_region(arcs, names, value, verdict) -> None:
    fit = replace(spectrum_fit("A", 203.15), arcs=arcs)
    other = replace(spectrum_fit("A", 213.15), arcs=(arc(1),))
    pellet = PelletFit(
        sample="A",
        pellet=PELLET,
        series=None,
        series_regions=(),
        spectrum_regions=(tuple(region(i, n) for i, n in enumerate(names, 1)), (region(1, "bulk"),)),
    )
    points = summarize_conductivity(Sample(id="A", pellet=PELLET), [fit, other], pellet, ConductivitySettings())
    point, _ = (p for p in points if p.quantity == "bulk")
    assert point.resistance_ohm == value
    if not isinstance(verdict, Verdict):
        verdict = Verdict(level="unresolved", reason=verdict[1], code=verdict[0])
    assert point.verdict == verdict
    unmatched = replace(pellet, spectrum_regions=(*pellet.spectrum_regions, ()))
    points = summarize_conductivity(Sample(id="A", pellet=PELLET), [fit, other], unmatched, ConductivitySettings())
    assert all(p.conductivity_s_per_m is None for p in points if p.quantity == "bulk")


def joint(usable: Verdict = GOOD, *ohms: float) -> SeriesFit:
    """Two arcs at 250 and 260 K: 30 and 40, then 3 and 4 ohm, all to a tenth."""
    arcs = tuple(
        SeriesArc(
            number=i,
            activation_energy_ev=Estimate(value=0.35, sigma=0.01, unit="eV"),
            resistance_at_t_ref=ohm(1.0, 0.1),
            capacitance=Estimate(value=1e-12, sigma=0.0, unit="F"),
            exponent=Estimate(value=0.9, sigma=0.0, unit="1"),
            resistance_ohm=(ohm(r, r / 10), ohm(r / 10, r / 100)),
            apex_hz=(1.0, 1.0),
            verdicts=(GOOD, AGREED),
        )
        for i, r in enumerate(ohms or (30.0, 40.0), 1)
    )
    return SeriesFit(
        sample="A",
        files=("a", "b"),
        loops=(1, 2),
        temperature_k=(250.0, 260.0),
        t_ref_k=255.0,
        basis="sigma_T",
        arcs=arcs,
        drift=False,
        kink_temperature_k=254.0,
        f_statistic=1.0,
        p_value=0.5,
        residual_rms_per_temperature=(1.0, 1.0),
        chi2_reduced=1.0,
        ln_covariance=np.eye(1),
        resistance_25c_ohm=(),
        usable=usable,
    )


def series_points(series: SeriesFit, *names: str):
    fits = [spectrum_fit("A", t) for t in (250.0, 260.0)]
    pellet = PelletFit(
        sample="A",
        pellet=PELLET,
        series=series,
        series_regions=tuple(region(i, n) for i, n in enumerate(names, 1)),
        spectrum_regions=((), ()),
    )
    points = summarize_conductivity(Sample(id="A", pellet=PELLET), fits, pellet, ConductivitySettings())
    return [p for p in points if p.method == "series"], points


def test_the_joint_fit_gives_its_regions_and_their_sum() -> None:
    """3 and 4 ohm of error on 70 are 5."""
    found, every = series_points(joint(), "interface", "bulk")
    assert [(p.quantity, p.file, p.loop, p.temperature_k, p.resistance_ohm) for p in found] == [
        ("total", "a", 1, 250.0, 70.0),
        ("total", "b", 2, 260.0, 7.0),
        ("bulk", "a", 1, 250.0, 40.0),
        ("bulk", "b", 2, 260.0, 4.0),
        ("interface", "a", 1, 250.0, 30.0),
        ("interface", "b", 2, 260.0, 3.0),
    ]
    e = found[0].conductivity_s_per_m
    assert (e.value, e.sigma) == pytest.approx((L_OVER_A / 70, L_OVER_A * 5 / 70**2))
    text = "sum of 2 arcs of the joint fit, errors in quadrature (an upper bound where arcs trade)"
    assert found[0].verdict == Verdict(level="resolved", reason=text, code="sum_of_arcs")
    assert [p.verdict for p in found[2:4]] == [GOOD, AGREED]
    assert {p.series_kink_k for p in found} == {254.0}
    order = [(p.quantity, p.method) for p in every]
    bulk = [("bulk", "series")] * 2 + [("bulk", "single")] * 2
    face = [("interface", "series")] * 2 + [("interface", "single")] * 2
    assert order == [("total", "series")] * 2 + [("total", "single")] * 2 + bulk + face
    assert {p.quantity for p in series_points(joint(), "bulk", "undetermined")[0]} == {"total", "bulk"}


def test_a_joint_fit_that_may_not_be_used_gives_no_total() -> None:
    (first, *_), _ = series_points(joint(LOST))
    text = "the joint fit may not be used: hidden"
    assert first.verdict == Verdict(level="unresolved", reason=text, code="arc_hidden")
    weak = series_points(joint(AGREED))[0][0].verdict
    assert (weak.level, weak.code) == ("weak", "sum_of_arcs")
    assert series_points(joint(GOOD, 0.0, 0.0))[0][0].resistance_ohm is None
