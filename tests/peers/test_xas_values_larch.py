"""Numbers read from real files equal those of larch, where larch reads them right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.sample import RawFile
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

pytest.importorskip("larch")


def mine(root: Path, name: str, mode: str | None = None) -> tuple[AbsorptionScan, ...]:
    data = (root / name).read_bytes()
    return read_scans(RawFile(name=name, data=data, size=len(data)), XasReadSettings(), mode=mode)


@pytest.fixture(scope="module")
def xas(real_data) -> Path:
    return real_data / "xas"


@pytest.mark.parametrize(
    "name",
    [
        "xasdatalibrary/W_metal_rt_01.xdi",
        "xasdatalibrary/WO2_rt_02.xdi",
        "xasdatalibrary/Eu2O3_eu_l3_001.xdi",
        "xasdatalibrary/CeO2.xdi",
        "xasdatalibrary/V_foil.xdi",
        "larch_examples/xafsdata/pt_metal_rt.xdi",
    ],
)
def test_xdi(xas, name):
    from larch.io import read_xdi

    theirs = read_xdi(str(xas / name))
    (scan,) = mine(xas, name)
    np.testing.assert_allclose(scan.energy_ev, theirs.energy, rtol=1e-9)
    np.testing.assert_allclose(scan.mu, np.log(theirs.i0 / theirs.itrans), rtol=1e-9)
    assert (scan.element, scan.edge) == (theirs.element, theirs.edge)


@pytest.mark.parametrize(
    ("name", "above", "below"),
    [
        ("demeter/fe.060", "i0", "it"),
        ("demeter/examples_data/uhup.003", "io", "it"),
        ("larch_examples/beamlines/APS13ID_2008.dat", "i0", "i1"),
        ("larch_examples/beamlines/SSRL1_2006.dat", "i0", "i1"),
    ],
)
def test_columns_in_transmission(xas, name, above, below):
    from larch.io import read_ascii

    theirs = read_ascii(str(xas / name))
    energy = getattr(theirs, "achieved_energy", None)
    (scan,) = mine(xas, name, "transmission")
    np.testing.assert_allclose(scan.energy_ev, theirs.energy if energy is None else energy, rtol=1e-9)
    np.testing.assert_allclose(scan.mu, np.log(getattr(theirs, above) / getattr(theirs, below)), rtol=1e-9, atol=1e-12)


def test_hxma_detectors(xas):
    from larch.io import read_ascii

    theirs = read_ascii(str(xas / "cls/CLSHXMA.dat"))
    (scan,) = mine(xas, "cls/CLSHXMA.dat", "transmission")
    np.testing.assert_allclose(scan.energy_ev, theirs.energyfeedback)
    np.testing.assert_allclose(scan.mu, np.log(theirs.detector2 / theirs.detector3))
    np.testing.assert_allclose(scan.reference_mu, np.log(theirs.detector3 / theirs.detector4))


@pytest.mark.parametrize(
    "name", ["cu.prj", "Au.prj", "pbaq.prj", "eutio3.prj", "json_unzipped.prj", "FeFoil_QXAFS_Compare.prj"]
)
def test_projects_but_for_the_shift_that_larch_leaves_out(xas, name):
    from larch.io import read_athena

    path = f"larch_examples/AthenaProjectFiles/{name}"
    theirs = read_athena(str(xas / path), do_preedge=False, use_hashkey=True)
    own = mine(xas, path)
    assert len(own) == len(theirs.groups)
    for scan, group in zip(own, theirs.groups.values(), strict=True):
        if scan.is_chi:
            np.testing.assert_allclose(scan.mu, group.chi, rtol=1e-9)
            continue
        shift = scan.parameters.get("eshift_ev", 0.0)
        assert abs(shift - float(group.athena_params.bkg.eshift)) < 1e-9
        np.testing.assert_allclose(scan.energy_ev, group.energy + shift, rtol=0, atol=1e-3)
        np.testing.assert_allclose(scan.mu, group.mu, rtol=1e-9)
        for own_name, their_name in (
            ("e0_ev", "e0"),
            ("rbkg_angstrom", "rbkg"),
            ("pre1_ev", "pre1"),
            ("norm2_ev", "nor2"),
        ):
            assert scan.parameters[own_name] == pytest.approx(float(getattr(group.athena_params.bkg, their_name)))
