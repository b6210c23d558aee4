"""The EXAFS equation and the fit beside larch's, on the same paths and data."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.feff.paths import bank_of, chi_of_paths
from pipeline.techniques.absorption.fit.feff.program import PathSearch, run_feff, write_input
from pipeline.techniques.absorption.fit.feff.structures import octahedron
from pipeline.techniques.absorption.fit.shells.feff_model import ShellModel
from pipeline.techniques.absorption.fit.shells.least_squares import fit_alone
from pipeline.techniques.absorption.fit.shells.spectrum import FitRange, weigh_spectrum

K = np.arange(0, 15.001, 0.05)


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    larch = pytest.importorskip("larch.xafs")
    folder = tmp_path_factory.mktemp("feff")
    text = write_input(octahedron("Ta", "Cl", 2.36), "L3", PathSearch(r_max_angstrom=4.9))
    run = run_feff(text, folder)
    import json

    files = json.loads(next((folder / "feff").rglob("*.json")).read_bytes())["files"]
    for name, content in files.items():
        (folder / name).write_text(content)
    return SimpleNamespace(larch=larch, folder=folder, run=run)


@pytest.mark.parametrize(
    ("e0", "dr", "sigma2"), [(0.0, 0.0, 0.0), (3.7, 0.021, 0.0045), (-5.2, -0.05, 0.011), (1e-9, 0.0, -0.001)]
)
def test_every_path_equals_larch(peer, e0, dr, sigma2):
    paths = peer.run.paths
    n = len(paths)
    mine = chi_of_paths(
        bank_of(paths), K, e0, np.array([p.degeneracy for p in paths]) * 0.93, np.full(n, dr), np.full(n, sigma2)
    )
    for path, chi in zip(paths, mine, strict=True):
        theirs = peer.larch.feffpath(str(peer.folder / path.file), s02=0.93, e0=e0, deltar=dr, sigma2=sigma2)
        peer.larch.path2chi(theirs, k=K)
        scale = np.abs(theirs.chi[10:]).max()
        np.testing.assert_allclose(chi[1:], theirs.chi[1:], rtol=0, atol=1e-10 * max(scale, 1.0))


def test_a_first_shell_fit_gives_the_parameters_of_larch(peer):
    from larch import Group
    from larch.fitting import param, param_group

    path = peer.run.paths[0]
    truth = chi_of_paths(bank_of([path]), K, 2.2, np.array([5.3]), np.array([0.013]), np.array([0.0041])).sum(axis=0)
    chi = truth + 0.002 * np.random.default_rng(4).standard_normal(K.size)
    use = FitRange(k_min=3, k_max=13.5, dk=1, window="hanning", r_min=1.2, r_max=2.8, k_weights=(1, 2, 3))
    model = ShellModel(
        bank=bank_of([path]),
        names=("amplitude", "E0", "dR", "sigma2"),
        share=np.ones(1),
        multiplier=(-1,),
        delta_r=np.eye(4)[[2]],
        sigma2=np.eye(4)[[3]],
    )
    spectrum = weigh_spectrum(K, chi, np.full(K.size, 0.002), use)
    mine = fit_alone(spectrum, model, np.array([1, 0, 0, 0.004]), np.array([1, 1, 0.01, 0.001]), 0.1)

    pars = param_group(
        amp=param(1, vary=True), e0=param(0.1, vary=True), dr=param(0.001, vary=True), ss=param(0.004, vary=True)
    )
    theirs = peer.larch.feffpath(str(peer.folder / path.file), degen=1, s02="amp", e0="e0", deltar="dr", sigma2="ss")
    transform = peer.larch.feffit_transform(
        kmin=3, kmax=13.5, kweight=[1, 2, 3], dk=1, window="hanning", rmin=1.2, rmax=2.8, fitspace="r"
    )
    data = Group(k=K, chi=chi, epsilon_k=0.002)
    fit = peer.larch.feffit(pars, [peer.larch.feffit_dataset(data=data, pathlist=[theirs], transform=transform)])
    found = [fit.params[name].value for name in ("amp", "e0", "dr", "ss")]
    for i, value in enumerate(found):
        assert mine.theta[i] == pytest.approx(value, abs=0.1 * mine.sigma(i))
