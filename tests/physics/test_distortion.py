"""Bent octahedra of FEFF, averaged over distances: how multiple over single scattering falls, and what does not move it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.science.crystal import Cluster
from pipeline.techniques.absorption.fit.distortion.scattering_ratio import measure_distortion
from pipeline.techniques.absorption.fit.feff.program import PathSearch, run_feff, write_input
from pipeline.techniques.absorption.fit.feff.structures import choose_structure
from pipeline.techniques.absorption.fit.shells.edge import fit_edge
from pipeline.techniques.absorption.fit.shells.feff_model import run_structure
from pipeline.techniques.absorption.fit.shells.octahedra import BENDS_DEGREE, bend_octahedron, run_octahedra
from pipeline.techniques.absorption.model import ShellSpec
from pipeline.techniques.absorption.settings import DistortionSettings, ShellSettings
from tests.feff_truth import disorder, octahedron_chi, reduced, thermal_chi

SETTINGS = DistortionSettings()
PUBLISHED = {5: -0.05, 10: -0.20, 15: -0.40, 20: -0.59}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def measure(cache, chis, noise=5e-4, reference="ref", spec=None):
    """name -> chi, ``ref`` first; rows of the distortion table by name."""
    rows = [reduced(name, chi, noise, i) for i, (name, chi) in enumerate(chis.items())]
    specs = {r.sample: spec or ShellSpec(coordination=6 if r.sample == reference else None) for r in rows}
    fits, failed = fit_edge(rows, reference, specs, cache, ShellSettings())
    assert not failed
    return {d.sample: d for d in measure_distortion(rows, fits, reference, cache, SETTINGS)}


@pytest.mark.parametrize(("its", "mine"), [(0.0034, 0.0040), (0.0060, 0.0060), (0.0080, 0.0080)])
def test_the_ratio_falls_with_the_angle_and_the_angle_comes_back(cache, its, mine):
    chis = {"ref": octahedron_chi(cache, sigma2=its)}
    chis |= {f"{b}": octahedron_chi(cache, bend=b, sigma2=mine) for b in PUBLISHED}
    rows = measure(cache, chis)
    assert rows["ref"].ms_to_ss_ratio.value == pytest.approx(1.0, abs=0.04)
    assert rows["ref"].relative_change is None
    assert rows["ref"].verdict.level == "resolved"
    for bend, fall in PUBLISHED.items():
        row = rows[f"{bend}"]
        assert row.relative_change_wavelet.value == pytest.approx(fall, abs=0.03)
        assert row.relative_change.value == pytest.approx(fall, abs=0.03)
        assert row.verdict.level == "resolved" if bend > 5 else row.verdict.printable
        if row.bend_degree is not None:
            assert row.bend_degree.value == pytest.approx(bend, abs=1.5)
            assert any("octahedra TaCl6 of FEFF" in f.problem for f in row.findings)
        assert 4 <= row.f1_k_per_angstrom <= 9
        assert 3.6 <= row.f1_r_angstrom <= 4.6
    assert all(rows[f"{b}"].bend_degree is not None for b in (10, 15, 20))


def ligands_chi(cache, positions, elements):
    """chi(k) of a cluster that is no octahedron of one element, averaged over distances as the others."""
    cluster = Cluster(absorber="Ta", elements=tuple(elements), positions_angstrom=positions, source="ligands")
    run = run_feff(write_input(cluster, "L3", PathSearch(r_max_angstrom=4.981)), cache)
    return sum(thermal_chi(p, 0.92 * p.degeneracy, 0.0, 0.0034 * disorder(p, 2.372)) for p in run.paths)


@pytest.mark.parametrize("noise", [5e-4, 2e-3])
def test_a_lost_or_replaced_ligand_and_harmonics_are_no_bend(cache, noise):
    """Five of six take 20 % off the signal, as a bend of 10 degrees; harmonics of 3 % scale all of it."""
    axes = np.vstack([np.eye(3), -np.eye(3)]) * 2.372
    nearer = axes.copy()
    nearer[5] *= 1.90 / 2.372
    chis = {
        "ref": octahedron_chi(cache),
        "five": ligands_chi(cache, axes[:5], ["Cl"] * 5),
        "oxygen": ligands_chi(cache, nearer, ["Cl"] * 5 + ["O"]),
        "harmonics": 0.97 * octahedron_chi(cache, sigma2=0.004),
        "bent": octahedron_chi(cache, bend=10),
    }
    rows = measure(cache, chis, noise=noise)
    assert rows["five"].relative_change.value == pytest.approx(-0.20, abs=0.06)
    assert [rows[n].bend_degree for n in ("five", "oxygen", "harmonics")] == [None] * 3
    for name in ("five", "oxygen"):
        said = [f for f in rows[name].findings if f.code == "not_six"]
        assert "no angle is given: N = " in said[0].problem
    assert rows["bent"].bend_degree.value == pytest.approx(10, abs=1.5)
    assert not [f for f in rows["bent"].findings if f.code == "not_six"]


def test_disorder_does_not_pass_for_bending(cache):
    chis = {"ref": octahedron_chi(cache, sigma2=0.005)}
    chis |= {f"{s}": octahedron_chi(cache, sigma2=s) for s in (0.002, 0.008)}
    rows = measure(cache, chis)
    for name in ("0.002", "0.008"):
        assert abs(rows[name].relative_change.value) < 0.08
        assert abs(rows[name].relative_change_wavelet.value) < 0.08
        assert rows[name].bend_degree is None
        assert any("blind below 5°" in f.problem for f in rows[name].findings)


def test_a_small_bend_is_not_claimed(cache):
    rows = measure(cache, {"ref": octahedron_chi(cache), "x": octahedron_chi(cache, bend=3, seeds=2)}, noise=2e-3)
    assert rows["x"].bend_degree is None
    assert rows["x"].verdict.level == "weak"
    assert "no change beyond noise" in rows["x"].verdict.reason


def test_noise_widens_and_then_withholds(cache):
    chis = {"ref": octahedron_chi(cache), "x": octahedron_chi(cache, bend=12, seeds=2)}
    good, poor = measure(cache, chis, noise=5e-4)["x"], measure(cache, chis, noise=6e-3)["x"]
    assert poor.relative_change.sigma > 3 * good.relative_change.sigma
    assert abs(poor.relative_change.value - good.relative_change.value) < 4 * poor.relative_change.sigma
    lost = measure(cache, chis, noise=0.03)["x"]
    assert lost.verdict.level in ("unresolved", "refused")


def test_shells_that_are_no_octahedra_are_refused_with_the_reason(cache):
    run = run_structure(choose_structure("Sm", "Cl", None, None, 9), "L3", cache)
    k = np.arange(0, 12.501, 0.05)
    chi = thermal_chi(run.paths[0], 6.0, 0, 0.008, k=k) + thermal_chi(run.paths[1], 3.0, 0, 0.008, k=k)
    row = reduced("ref", chi, 5e-4, 1, element="Sm", k=k, k_max=11.5)
    fits, _ = fit_edge([row], "ref", {"ref": ShellSpec(coordination=9)}, cache, ShellSettings())
    (found,) = measure_distortion([row], fits, "ref", cache, SETTINGS)
    assert found.verdict.level == "refused"
    assert "no octahedron" in found.verdict.reason
    assert found.ms_to_ss_ratio is None


def test_without_a_reference_the_ratio_stands_alone(cache):
    found = measure(cache, {"x": octahedron_chi(cache)}, reference=None, spec=ShellSpec(coordination=6))["x"]
    assert found.ms_to_ss_ratio is not None
    assert found.relative_change is None
    assert found.verdict.level == "weak"
    assert "no reference sample" in found.verdict.reason


def test_bent_octahedra_keep_their_bonds_and_have_the_angle(cache):
    for bend in BENDS_DEGREE[1:]:
        xyz = bend_octahedron(2.36, bend, np.random.default_rng(1))
        np.testing.assert_allclose(np.linalg.norm(xyz, axis=1), 2.36)
        for a, b in ((0, 1), (2, 3), (4, 5)):
            angle = np.degrees(np.arccos(xyz[a] @ xyz[b] / 2.36**2))
            assert angle == pytest.approx(180 - bend)


def test_bent_octahedra_are_run_once(cache, monkeypatch):
    run_octahedra("Ta", "Cl", "L3", 2.372, cache, bent=True)
    run_octahedra.cache_clear()
    monkeypatch.setattr("pipeline.techniques.absorption.fit.feff.program._run", lambda *_: pytest.fail("run twice"))
    model = run_octahedra("Ta", "Cl", "L3", 2.378, cache, bent=True)
    assert len(model.bent) == len(BENDS_DEGREE)
