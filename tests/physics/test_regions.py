"""Regions are named by C l/A and evidence: right order, right size, blind to thickness, silent without geometry."""

import numpy as np
import pytest

from pipeline.core.sample import Pellet
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.fit.regions.assignment import assign_regions
from pipeline.techniques.impedance.fit.regions.mixing import (
    brick_layer_boundary_conductivity,
    maxwell_garnett,
    maxwell_wagner_arcs,
)
from pipeline.techniques.impedance.fit.regions.tracking import doubt_alone
from pipeline.techniques.impedance.model import Arc
from pipeline.techniques.impedance.settings import EvidenceSettings

EPS0 = 8.8541878128e-12
PELLET = Pellet(thickness_m=0.55e-3, diameter_m=10e-3, thickness_sigma_m=0.02e-3)
GOOD = Verdict(level="resolved", reason="")


class OneFit:
    """The part of a SpectrumFit that regions are named from."""

    def __init__(self, arcs):
        self.arcs, self.n_arcs = arcs, len(arcs)
        self.checked = type("C", (), {"spectrum": type("S", (), {"temperature_k": 203.15})()})()


def arcs(capacitances_f, sigma=0.02, resistance=3000.0):
    return OneFit(
        tuple(
            Arc(
                number=i,
                resistance=Estimate(value=resistance, sigma=30, unit="ohm"),
                cpe_q=None,
                cpe_exponent=None,
                capacitance=Estimate(value=c, sigma=sigma * c, unit="F"),
                apex_hz=1 / (2 * np.pi * resistance * c),
                apex_over_f_max=0.1,
                verdict=GOOD,
            )
            for i, c in enumerate(capacitances_f, start=1)
        )
    )


def capacitances(thickness_m=0.55e-3):
    """Layers of eps_r 20, 600 and 18 000 by C = eps0 eps_r A/l."""
    area = np.pi * (5e-3) ** 2
    return [EPS0 * e * area / thickness_m for e in (20.0, 600.0, 18000.0)]


def regions(fit, pellet=PELLET, pristine=None):
    return assign_regions("HSE", pellet, [fit], None, pristine or {}, EvidenceSettings()).spectrum_regions[0]


def test_three_arcs_in_order_with_size_and_reasons():
    found = regions(arcs(capacitances()))
    assert [r.region for r in found] == ["bulk", "amorphous", "interface"]
    assert [r.relative_permittivity.value for r in found] == pytest.approx([20, 600, 18000], rel=1e-6)
    assert found[0].specific_capacitance_f_per_m.value == pytest.approx(20 * EPS0, rel=1e-6)
    assert all(len(r.reasons) >= 2 and "F/cm" in r.reasons[0] for r in found)
    assert "interface" in found[1].candidates, "an eps_r of 600 may also be a boundary: say so"


def test_names_do_not_change_when_the_pellet_is_twice_as_thick():
    thick = Pellet(thickness_m=1.1e-3, diameter_m=10e-3, thickness_sigma_m=0.02e-3)
    assert [r.region for r in regions(arcs(capacitances(1.1e-3)), thick)] == ["bulk", "amorphous", "interface"]
    same_farads = regions(arcs(capacitances()), thick)
    assert [r.region for r in same_farads] == ["bulk", "amorphous", "interface"]


def test_without_geometry_nothing_is_named():
    found = regions(arcs(capacitances()), pellet=None)
    assert {r.region for r in found} == {"undetermined"}
    assert all(r.candidates for r in found)


def test_equal_capacitances_are_not_put_in_order():
    c = capacitances()[0]
    assert {r.region for r in regions(arcs([c, 1.02 * c, 1.03 * c], sigma=0.05))} == {"undetermined"}


def test_one_phase_with_two_arcs_is_bulk_and_boundary():
    c = capacitances()
    assert [r.region for r in regions(arcs([c[0], c[2]]))] == ["bulk", "interface"]


def test_one_arc_of_a_composite_is_everything_together():
    pristine = assign_regions("LCF", PELLET, [arcs(capacitances()[:1])], None, {}, EvidenceSettings())
    found = regions(arcs(capacitances()[:1]), pristine={"amorphous": pristine})
    assert found[0].region == "undetermined"
    assert "all regions together" in " ".join(found[0].reasons)


def test_brick_layer_returns_the_conductivity_of_a_thin_boundary():
    sigma, eps, area, grain, edge = 1e-4, 10 * EPS0, 1e-4, 1e-6, 1e-9
    n = 500
    r_boundary, c_boundary = n * edge / (sigma * area), eps * area / (n * edge)
    c_bulk, k = eps * area / (n * grain), n * grain / area
    assert brick_layer_boundary_conductivity(r_boundary, c_bulk, c_boundary, k) == pytest.approx(sigma, rel=1e-9)


def test_maxwell_garnett_is_two_arcs_exactly_and_right_at_its_limits():
    p = 2j * np.pi * np.geomspace(1, 1e12, 50)
    m, i = 1e-2 + p * 1e-10, 1.0 + p * 2e-10
    arcs_found = maxwell_wagner_arcs(1e-2, 1.0, 1e-10, 2e-10, 0.4)
    z = sum(r / (1 + p * tau) for r, tau in arcs_found)
    np.testing.assert_allclose(z, 1 / maxwell_garnett(m, i, 0.4), rtol=1e-9)
    np.testing.assert_allclose(maxwell_garnett(m, i, 0.0), m)
    np.testing.assert_allclose(maxwell_garnett(m, i, 1.0), i)


def test_a_fastest_arc_that_continues_the_slowest_of_the_cold_spectra_is_not_named():
    """Warm, bulk and amorphous region have left the window: 250 ohm of theirs lie in the one arc that is left."""
    cold, warm = arcs(capacitances()), arcs(capacitances()[2:])
    warm.checked.spectrum.temperature_k = 298.15
    found = assign_regions("HSE", PELLET, [cold, warm], None, {}, EvidenceSettings()).spectrum_regions
    assert [r.region for r in found[0]] == ["bulk", "amorphous", "interface"]
    assert found[1][0].region == "undetermined"
    assert "may hold them too" in found[1][0].reasons[0]


@pytest.mark.parametrize(("resistance", "named"), [(3030.0, True), (3600.0, False)])
def test_an_arc_is_the_joint_fits_only_where_its_resistance_is(resistance, named):
    r = Estimate(value=3000.0, sigma=15.0, unit="ohm")
    series = type("S", (), {"temperature_k": (203.15,), "arcs": [type("A", (), {"resistance_ohm": (r,)})()] * 3})()
    doubt = doubt_alone(arcs(capacitances()[2:], resistance=resistance).arcs[0], 3, series, 203.15)
    assert (doubt == "") is named
    assert named or "not that arc alone" in doubt


@pytest.mark.parametrize(("thickness_m", "word"), [(0.55e-6, "vacuum"), (0.55, "no disc"), (0.55e-3, "")])
def test_a_thickness_in_another_unit_is_told(thickness_m, word):
    """12.7 becomes 0.0127, which no matter has; or the disc becomes a rod of half a metre."""
    fit = arcs([EPS0 * 12.7 * np.pi * (5e-3) ** 2 / 0.55e-3])
    wrong = Pellet(thickness_m=thickness_m, diameter_m=10e-3)
    found = assign_regions("A", wrong, [fit], None, {}, EvidenceSettings()).findings
    assert [f.field for f in found] == (["pellet"] if word else [])
    assert all(word in f.problem for f in found)


def test_a_pellet_whose_spectra_show_no_arc_has_no_region():
    """So well conducting that only the resistance is left, at every temperature."""
    found = assign_regions("HSE", PELLET, [OneFit(()), OneFit(())], None, {}, EvidenceSettings())
    assert found.spectrum_regions == ((), ())
