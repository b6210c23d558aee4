"""The first example of larch's manual (first shell of copper): its printed values, and larch's own of today."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.feff.paths import bank_of, parse_paths
from pipeline.techniques.absorption.fit.reduce.fourier import K_STEP, R_STEP, window_on_grid
from pipeline.techniques.absorption.fit.shells.least_squares import Member, ShellModel, fit_members
from pipeline.techniques.absorption.fit.shells.spectrum import Spectrum

PUBLISHED = {"amp": (0.9305631, 0.0391214), "del_e0": (4.3577673, 0.5113492), "del_r": (-0.0060167, 0.0026133),
             "sig2": (0.0086697, 3.0785e-4)}  # fmt: skip


def test_copper_of_the_manual(real_data):
    larch = pytest.importorskip("larch")
    from larch.fitting import param, param_group
    from larch.io import read_xdi
    from larch.xafs import autobk, feffit, feffit_dataset, feffit_transform, feffpath

    file = real_data / "xas/larch_examples/feffit/feff0001.dat"
    text = "\n".join(line.removeprefix("#") for line in file.read_text().splitlines())
    _, (path,) = parse_paths({"files.dat": " feff0001.dat 0.0 100.0 12 2 2.5\n", "feff0001.dat": text}, "Cu")
    raw = read_xdi(str(real_data / "xas/xasdatalibrary/cu_metal_rt.xdi"))
    data = larch.Group(energy=raw.energy, mu=raw.data[list(raw.array_labels).index("mutrans")])
    autobk(data.energy, data.mu, group=data, rbkg=1.0, kw=1)

    k = data.k
    weight = k**2 * window_on_grid(k.size, 3, 17, 4, "kaiser")
    r = R_STEP * np.arange(int(0.01 + 1.4 / R_STEP), int(0.01 + 3.0 / R_STEP))
    wave = np.exp(-2j * np.outer(r, k)) * K_STEP / np.sqrt(np.pi) * weight
    matrix = np.concatenate([wave.real, wave.imag])
    model = ShellModel(
        bank=bank_of([path]),
        names=("amp", "del_e0", "del_r", "sig2"),
        share=np.array([path.degeneracy]),
        multiplier=(-1,),
        delta_r=np.eye(4)[[2]],
        sigma2=np.eye(4)[[3]],
    )
    spectrum = Spectrum(k=k, chi=data.chi, sigma=np.ones(k.size), matrix=matrix, noise=np.eye(len(matrix)))
    member = Member(spectrum=spectrum, model=model, index=(0, 1, 2, 3), offset=(0.0,) * 4)
    mine = fit_members([member], np.array([1, 0.1, 0, 0.002]), np.array([1, 1, 0.01, 0.001])).theta

    pars = param_group(
        **{n: param(v, vary=True) for n, v in (("amp", 1), ("del_e0", 0.1), ("sig2", 0.002), ("del_r", 0.0))}
    )
    theirs = feffpath(str(file), s02="amp", e0="del_e0", sigma2="sig2", deltar="del_r")
    transform = feffit_transform(kmin=3, kmax=17, kw=2, dk=4, window="kaiser", rmin=1.4, rmax=3.0)
    today = feffit(pars, feffit_dataset(data=data, pathlist=[theirs], transform=transform)).params
    for value, (name, (printed, error)) in zip(mine, PUBLISHED.items(), strict=True):
        assert value == pytest.approx(today[name].value, abs=1e-4 * error)
        assert value == pytest.approx(printed, abs=0.01 * error)
