"""Fluorescence of thick samples by its own equation: N comes back with the formula, and is never resolved without it.

    I(E) = mu_edge x / (mu_rest(E) + mu_edge(E) x + g mu(E_f))

with x of a thin sample and cross-sections of Elam's tables.
"""

from __future__ import annotations

import numpy as np
import pytest
import xraydb

from pipeline.core.sample import Source
from pipeline.techniques.absorption.check.scan import check_scan
from pipeline.techniques.absorption.fit.reduce.reduction import reduce_scans
from pipeline.techniques.absorption.fit.shells.edge import fit_edge
from pipeline.techniques.absorption.model import AbsorptionScan, Composition, EdgeRow, ShellSpec
from pipeline.techniques.absorption.settings import ReduceSettings, ShellSettings, XasCheckSettings
from tests.feff_truth import K2_PER_EV, K, octahedron_chi

E0 = 9881.0
ENERGY = np.concatenate(
    [np.arange(9690, 9850, 6), np.arange(9850, 9925, 0.5), E0 + np.arange(3.45, 15.5, 0.05) ** 2 / K2_PER_EV]
)
WEIGHTS = {"Na": 22.98977, "Ta": 180.9479, "Cl": 35.453, "C": 12.011}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def thin(cache, n=6):
    """mu of the edge over its own step: white line, N of six neighbours of 2.372 angstrom."""
    k = np.sqrt(K2_PER_EV * np.clip(ENERGY - E0, 0, None))
    onset = 1 / (1 + np.exp(-(k - 1.6) / 0.15))
    white = 1.3 * np.exp(-0.5 * ((ENERGY - E0 - 1) / 2.3) ** 2)
    chi = np.interp(k, K, octahedron_chi(cache)) * n / 6
    return 0.5 + np.arctan((ENERGY - E0) / 2.2) / np.pi + white + onset * chi


def tables(atoms):
    """mu_edge(E), mu of the rest, mu at the line; per gram of formula."""
    mass = {s: n * WEIGHTS[s] for s, n in atoms.items()}

    def all_of(e):
        return sum(m * xraydb.mu_elam(s, e) for s, m in mass.items())

    far = np.clip(ENERGY, 9905.0, 10600.0)
    slope = np.log(xraydb.mu_elam("Ta", 9855.0) / xraydb.mu_elam("Ta", 9600.0)) / np.log(9855.0 / 9600.0)
    below = mass["Ta"] * xraydb.mu_elam("Ta", 9855.0) * (far / 9855.0) ** slope
    edge = mass["Ta"] * xraydb.mu_elam("Ta", far) - below
    return edge, all_of(far) - edge, all_of(np.array([8146.0]))[0]


def thick(x, atoms, angles=(45.0, 45.0)):
    edge, rest, line = tables(atoms)
    g = np.sin(np.radians(angles[0])) / np.sin(np.radians(angles[1]))
    return edge * x / (rest + edge * x + g * line), float(np.mean((edge / (rest + edge + g * line))[-100:]))


def reduced(sample, mu, mode, seed, composition=None):
    mu = 0.02 + mu / np.mean(mu[-100:])
    noisy = mu + 5e-4 * np.random.default_rng(seed).standard_normal(mu.size)
    scan = AbsorptionScan(
        source=Source(file=f"{sample}.dat", format="made up"),
        energy_ev=ENERGY,
        mu=noisy,
        mode=mode,
        element="Ta",
        edge="L3",
    )
    row = EdgeRow(name="x", sample=sample, files=(), element="Ta", edge="L3", mode=mode, composition=composition)
    return reduce_scans(sample, [check_scan(scan, "Ta", "L3", mode, XasCheckSettings())], ReduceSettings(), row)


def fit(cache, mu, composition, seed=1, n=6):
    """The sample in fluorescence against a thin reference in transmission."""
    rows = [reduced("ref", thin(cache), "transmission", 0), reduced("x", mu, "fluorescence", seed, composition)]
    fits, failed = fit_edge(rows, "ref", {"ref": ShellSpec(coordination=6)}, cache, ShellSettings())
    assert not failed
    return fits[1]


CASES = [
    ("NaTaCl6", {"Na": 1, "Ta": 1, "Cl": 6}, (45.0, 45.0)),
    ("NaTaCl6C20", {"Na": 1, "Ta": 1, "Cl": 6, "C": 20}, (45.0, 45.0)),
    ("TaCl5", {"Ta": 1, "Cl": 5}, (20.0, 70.0)),
    ("Ta", {"Ta": 1}, (10.0, 80.0)),
]


@pytest.mark.parametrize(("formula", "atoms", "angles"), CASES)
def test_with_the_formula_n_comes_back(cache, formula, atoms, angles):
    """10 to 60 % of the amplitude missing: N within 5 %, its interval holds it, R is where it was."""
    mu, missing = thick(thin(cache), atoms, angles)
    given = Composition(formula=formula, angle_in_degree=angles[0], angle_out_degree=angles[1])
    found = fit(cache, mu, given)
    assert found.coordination.value == pytest.approx(6, rel=0.05)
    assert found.coordination.low < 6 < found.coordination.high
    assert found.distance_angstrom.value == pytest.approx(2.372, abs=0.005)
    assert found.verdict.level == "resolved"
    plain = fit(cache, mu, None)
    assert plain.coordination.value < 6 * (1 - 0.8 * missing)
    assert plain.verdict.level == "weak"
    assert "over_absorption" in plain.verdict.code.split()
    assert plain.coordination.low < 6 < plain.coordination.high
    assert plain.distance_angstrom.value == pytest.approx(found.distance_angstrom.value, abs=0.002)


def test_the_white_line_comes_back(cache):
    x = thin(cache)
    mu, _ = thick(x, {"Na": 1, "Ta": 1, "Cl": 6})
    true = reduced("x", x, "transmission", 1)
    top = {c: reduced("x", mu, "fluorescence", 1, c).flattened.max() for c in (None, Composition(formula="NaTaCl6"))}
    plain, corrected = top.values()
    assert plain < 0.85 * true.flattened.max()
    assert corrected == pytest.approx(true.flattened.max(), rel=0.04)


def test_a_formula_without_the_absorber_or_that_is_none_is_refused(cache):
    for formula, words in (("NaSmCl4", "holds no Ta"), ("Na?", "is no formula")):
        with pytest.raises(Exception, match=words):
            reduced("x", thin(cache), "fluorescence", 1, Composition(formula=formula))


def test_a_reference_in_fluorescence_leaves_n_in_doubt_both_ways(cache):
    """The reference lost 28 %, the sample in transmission nothing: N of the sample is too high, and its interval holds 6."""
    mu, _ = thick(thin(cache), {"Na": 1, "Ta": 1, "Cl": 6})
    rows = [reduced("ref", mu, "fluorescence", 0), reduced("x", thin(cache), "transmission", 1)]
    fits, _ = fit_edge(rows, "ref", {"ref": ShellSpec(coordination=6)}, cache, ShellSettings())
    ref, x = fits
    assert x.coordination.value > 7
    assert x.coordination.low < 6 < x.coordination.high
    assert x.verdict.level == "weak"
    assert ref.verdict.level == "resolved"
    assert ref.s02.low < 0.92 < ref.s02.high
