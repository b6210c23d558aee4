"""Distances on spectra of other theories than the one that fits them: the interval holds the theory, differences do not need it.

The truth is made by FEFF with another exchange potential (Dirac-Hara instead of Hedin-Lundqvist) or other muffin-tin radii, and
averaged over distances by tests/feff_truth.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.feff.program import run_feff, write_input
from pipeline.techniques.absorption.fit.feff.structures import choose_structure
from pipeline.techniques.absorption.fit.shells.edge import fit_edge
from pipeline.techniques.absorption.fit.shells.feff_model import search_of
from pipeline.techniques.absorption.model import ShellSpec
from pipeline.techniques.absorption.settings import ShellSettings
from tests.feff_truth import reduced, thermal_chi

THEORIES = {
    "same": ("RMAX", "RMAX"),
    "Dirac-Hara": ("EXCHANGE 0 0.0 0.0", "EXCHANGE 1 0.0 0.0"),
    "both": ("EXCHANGE 0 0.0 0.0", "EXCHANGE 3 0.0 0.0"),
    "wide radii": ("RMAX", "FOLP 0 1.15\nFOLP 1 1.15\nRMAX"),
    "narrow radii": ("RMAX", "FOLP 0 0.9\nFOLP 1 0.9\nRMAX"),
}
EDGES = {"Ta": (6, 14.0, 0.0034), "Sm": (9, 11.5, 0.0075)}
"""Neighbours of the reference, end of the transform, sigma2."""
LONGER = 0.015


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def truth(cache, element, theory):
    """Mean distance of the first shell, and chi(k) of it moved by dr with some more disorder."""
    n, _, sigma2 = EDGES[element]
    cluster = choose_structure(element, "Cl", None, None, n).cluster
    text = write_input(cluster, "L3", search_of(cluster)).replace(*THEORIES[theory])
    near = [p for p in run_feff(text, cache).paths if p.legs == 2 and p.reff_angstrom < 3.2]
    mean = sum(p.degeneracy * p.reff_angstrom for p in near) / n
    return mean, lambda dr, more: sum(thermal_chi(p, 0.9 * p.degeneracy, dr, sigma2 + more) for p in near)


def fit(cache, element, theory, seed, spec):
    """(reference, sample that is 0.015 angstrom longer)"""
    mean, chi = truth(cache, element, theory)
    k_max = EDGES[element][1]
    rows = [
        reduced("ref", chi(0.0, 0.0), 1e-3, 2 * seed, element=element, k_max=k_max),
        reduced("x", chi(LONGER, 0.001), 1e-3, 2 * seed + 1, element=element, k_max=k_max),
    ]
    fits, failed = fit_edge(rows, "ref", {"ref": spec}, cache, ShellSettings())
    assert not failed
    return mean, *fits


def holds(estimate, value):
    return estimate.low <= value <= estimate.high


@pytest.mark.parametrize("element", EDGES)
def test_intervals_hold_distances_of_other_theories_and_differences_without_it(cache, element):
    """Ten of each: absolute distances are off by up to 6 mÅ, differences by what noise makes."""
    absolute, relative, widths = [], [], []
    for theory in THEORIES:
        for seed in range(2):
            mean, ref, x = fit(cache, element, theory, seed, ShellSpec(coordination=EDGES[element][0]))
            absolute += [holds(ref.distance_angstrom, mean), holds(x.distance_angstrom, mean + LONGER)]
            relative.append(holds(x.distance_difference_angstrom, LONGER))
            widths.append(x.distance_difference_angstrom.sigma)
            assert ref.distance_difference_angstrom is None
            assert x.distance_reference == "ref"
    assert np.mean(absolute) >= 0.93
    assert np.mean(relative) >= 0.9
    assert np.median(widths) <= 0.003


def test_the_sigma_of_a_distance_is_made_of_its_three_parts(cache):
    _, ref, x = fit(cache, "Ta", "same", 0, ShellSpec(coordination=6))
    for shell in (ref, x):
        parts = (shell.distance_sigma_statistical_angstrom, shell.systematic_angstrom, 0.010)
        assert shell.distance_sigma_theory_angstrom == 0.010
        assert shell.distance_angstrom.sigma == pytest.approx(np.sqrt(np.sum(np.square(parts))))
        assert shell.distance_angstrom.high - shell.distance_angstrom.value == pytest.approx(
            1.959964 * shell.distance_angstrom.sigma
        )
        assert shell.distance_origin == "FEFF"
    assert x.distance_difference_angstrom.value == pytest.approx(
        x.distance_angstrom.value - ref.distance_angstrom.value
    )


def test_a_reference_known_from_diffraction_calibrates_the_phase(cache):
    """Other phases, which FEFF alone is 4 mÅ short by: R = R(known) + dR, and sigma of the reference stands for the theory."""
    mean, plain, _ = fit(cache, "Ta", "Dirac-Hara", 1, ShellSpec(coordination=6))
    spec = ShellSpec(coordination=6, distance_angstrom=mean, distance_sigma_angstrom=0.002)
    _, ref, x = fit(cache, "Ta", "Dirac-Hara", 1, spec)
    assert plain.distance_angstrom.value < mean - 0.003
    assert (ref.distance_angstrom.value, ref.distance_angstrom.sigma) == (mean, 0.002)
    assert ref.distance_sigma_statistical_angstrom == 0
    assert x.distance_angstrom.value == pytest.approx(mean + x.distance_difference_angstrom.value)
    assert x.distance_angstrom.sigma == pytest.approx(np.hypot(0.002, x.distance_difference_angstrom.sigma))
    assert x.distance_sigma_theory_angstrom == 0.002
    assert holds(x.distance_angstrom, mean + LONGER)
    assert x.distance_origin.startswith("calibrated on ref (2.36")
    assert [f.code for f in x.findings if f.field == "distance" and f.code] == ["phase_calibrated"]
    assert x.sigma2_angstrom2 == fit(cache, "Ta", "Dirac-Hara", 1, ShellSpec(coordination=6))[2].sigma2_angstrom2


def test_a_known_distance_that_the_data_contradict_is_doubted(cache):
    spec = ShellSpec(coordination=6, distance_angstrom=2.42, distance_sigma_angstrom=0.002)
    _, ref, _ = fit(cache, "Ta", "same", 0, spec)
    said = [f for f in ref.findings if f.code == "known_distance_disagrees"]
    assert said[0].severity == "warning"
    assert "2.42 Å is known of ref" in said[0].problem


def test_without_a_reference_in_the_study_the_known_sample_calibrates(cache):
    mean, chi = truth(cache, "Ta", "same")
    rows = [reduced(n, chi(dr, 0.0), 1e-3, 1) for n, dr in (("x", LONGER), ("known", 0.0))]
    specs = {"known": ShellSpec(coordination=6, distance_angstrom=mean + 0.01, distance_sigma_angstrom=0.003)}
    fits, _ = fit_edge(rows, None, specs, cache, ShellSettings())
    assert fits[0].distance_angstrom.value == pytest.approx(mean + 0.01 + LONGER, abs=0.002)


def test_samples_of_different_models_have_no_difference(cache):
    """A cube stands for the neighbours of the one, an octahedron for those of the other."""
    mean, chi = truth(cache, "Ta", "same")
    rows = [reduced(n, chi(0.0, 0.0), 1e-3, 1) for n in ("ref", "x")]
    specs = {"ref": ShellSpec(coordination=6, distance_angstrom=mean), "x": ShellSpec(scatterer="S", coordination=8)}
    fits, _ = fit_edge(rows, "ref", specs, cache, ShellSettings())
    assert fits[1].distance_difference_angstrom is None
    assert fits[1].distance_sigma_theory_angstrom == 0.010
