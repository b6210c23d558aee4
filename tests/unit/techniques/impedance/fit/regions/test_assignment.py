"""Names by C l/A are held against the activation energies of the pristine phases; mixtures are said to be mixtures."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import Pellet
from pipeline.core.values import Estimate
from pipeline.techniques.impedance.fit.regions.assignment import assign_regions
from pipeline.techniques.impedance.settings import EvidenceSettings
from tests.synthetic_run import pellet_fit, spectrum_fit

EPS0 = 8.8541878128e-12
PELLET = Pellet(thickness_m=0.55e-3, diameter_m=10e-3)
L_OVER_A = 0.55e-3 / (np.pi * 5e-3**2)
FIT = spectrum_fit("HSE", 203.15)
EPS_R = (20.0, 600.0, 18000.0)
CRYSTALLINE_EV, AMORPHOUS_EV = 0.40, 0.30


def known(value, unit):
    return Estimate(value=value, sigma=1e-3 * value, unit=unit)


def series(energies_ev, eps_r=EPS_R, r25_ohm=(30.0, 20.0, 10.0)):
    """Arcs of layers with C = eps0 eps_r A/l, one for each energy."""
    made = pellet_fit("HSE", [FIT]).series
    arcs = tuple(
        replace(
            arc, activation_energy_ev=known(e, "eV"), capacitance=known(EPS0 * eps / L_OVER_A, "F"), number=number + 1
        )
        for number, (arc, e, eps) in enumerate(zip(made.arcs, energies_ev, eps_r, strict=False))
    )
    return replace(made, arcs=arcs, resistance_25c_ohm=tuple(known(r, "ohm") for r in r25_ohm[: len(arcs)]))


def pristine(energy_ev):
    """A pellet of one phase with one arc: its bulk."""
    return assign_regions("pristine", PELLET, [], series([energy_ev]), {}, EvidenceSettings())


PRISTINE = {"crystalline": pristine(CRYSTALLINE_EV), "amorphous": pristine(AMORPHOUS_EV)}


def named(energies_ev, **settings):
    return assign_regions("HSE", PELLET, [FIT], series(energies_ev), PRISTINE, EvidenceSettings(**settings))


@pytest.mark.parametrize("energies_ev", [(0.40, 0.30, 0.25), (0.428, 0.272, 0.25), (0.35, 0.35, 0.35)])
def test_energies_that_agree_or_match_no_phase_leave_the_names(energies_ev):
    assert [r.region for r in named(energies_ev).series_regions] == ["bulk", "amorphous", "interface"]


@pytest.mark.parametrize(
    ("energies_ev", "told"),
    [
        ((AMORPHOUS_EV, CRYSTALLINE_EV, 0.25), ("amorphous", "crystalline")),
        ((0.328, 0.35, 0.25), ("amorphous", None)),
        ((0.35, 0.372, 0.25), (None, "crystalline")),
    ],
)
def test_an_energy_of_the_other_phase_takes_both_names_away(energies_ev, told):
    found = named(energies_ev).series_regions
    assert [r.region for r in found] == ["undetermined", "undetermined", "interface"]
    assert [r.candidates for r in found[:2]] == [("bulk", "amorphous")] * 2
    for region, phase in zip(found, told, strict=False):
        said = [text for text in region.reasons if "against the order of C l/A" in text]
        assert [phase in text for text in said] == ([True] if phase else [])


def test_the_amorphous_phase_is_the_matrix_of_a_maxwell_garnett_mixture():
    """At 0 Hz the two arcs add to 1/s, with grains (i) of 40 % in the amorphous matrix (m): not to its mirror image."""
    s_i, s_m, share = L_OVER_A / 30.0, L_OVER_A / 20.0, 0.4
    s = s_m * (s_i + 2 * s_m + 2 * share * (s_i - s_m)) / (s_i + 2 * s_m - share * (s_i - s_m))
    findings = named((0.40, 0.30, 0.25), mixing="maxwell_garnett", crystalline_fraction=share).findings
    (text,) = [f.problem for f in findings if f.field == "mixing"]
    parts = text.split("would show arcs of ")[1].split(" ohm m for")[0].replace(" ohm m", "").split(" and ")
    assert sum(map(float, parts)) == pytest.approx(1 / s, rel=0.006)


def test_the_brick_layer_of_the_interface_is_told_in_s_per_cm():
    """l/A / 10 ohm, and 20/18000 of it since C_bulk is by so much the smaller."""
    (text,) = [f.problem for f in named((0.40, 0.30, 0.25)).findings if f.field == "interface"]
    told = float(text.split("at 25 °C ")[1].split(" S/cm")[0])
    assert told == pytest.approx(L_OVER_A / 10 * 20 / 18000 / 100, rel=0.006)
