"""A file -> spectra of the region that is asked for, and what is a file of this room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from pipeline.core.technique import Settings, Work
from pipeline.techniques.surfaces.model import ChargeReference, Spectrum, SpectrumRow
from pipeline.techniques.surfaces.read import read_spectra
from tests.synthetic_spectra import vamas

E = np.linspace(156, 172, 81)
Y = 100 + np.arange(81.0)
FILE = vamas([("Survey", np.linspace(0, 1200, 601), np.full(601, 9.0)), ("S 2p", E, Y), ("C 1s", E + 122, 3 * Y)])
ROW = SpectrumRow(name="a", sample="A", files=("a",), region="S 2p", state="4V")


def read(data: bytes, row: SpectrumRow = ROW, name: str = "a", **beside: bytes) -> list[Spectrum]:
    files = {n: RawFile(name=n, data=d, size=len(d)) for n, d in beside.items()}
    work = Work(row=row, settings=Settings(), beside=files)
    return list(read_spectra(RawFile(name=name, data=data, size=len(data)), work))


def test_the_region_that_is_asked_for_with_carbon_beside_it() -> None:
    (found,) = read(FILE)
    assert (found.region, found.state, found.loop, found.counted, found.seconds) == ("S 2p", "4V", 1, True, 0.5)
    assert found.binding_ev == pytest.approx(E, abs=1e-5)
    assert found.counts == pytest.approx(Y)
    assert found.carbon_counts == pytest.approx(3 * Y)


def test_all_regions_where_none_is_named_and_surveys_are_told() -> None:
    sulfur, carbon = read(FILE, replace(ROW, region=""))
    assert (sulfur.region, carbon.region, carbon.loop) == ("S 2p", "C 1s", 2)
    assert "Survey" in sulfur.findings[-1].problem
    assert not carbon.findings


def test_carbon_of_another_file() -> None:
    row = replace(ROW, reference=ChargeReference(c1s_ev=284.8, file="c"))
    (found,) = read(vamas([("S 2p", E, Y)]), row, c=FILE)
    assert found.carbon_counts == pytest.approx(3 * Y)
    (found,) = read(vamas([("S 2p", E, Y)]), ROW)
    assert found.carbon_counts.size == 0


def test_a_region_that_is_not_there() -> None:
    with pytest.raises(ReadError, match="no P 2p among: Survey, S 2p, C 1s"):
        read(FILE, replace(ROW, region="P 2p"))


def test_one_spectrum_without_a_name_is_what_the_study_says() -> None:
    text = "\n".join(["binding energy / eV;counts", *(f"{e:.2f};{y:g}" for e, y in zip(E, Y, strict=True))]).encode()
    (found,) = read(text, name="charged.csv")
    assert (found.region, found.counted) == ("S 2p", True)
    with pytest.raises(ReadError, match="no region of a core level"):
        read(text, replace(ROW, region=""), name="charged.csv")


def test_kinetic_columns_want_a_photon_energy() -> None:
    text = "\n".join(["K.E.,CPS", *(f"{1486.6 - e:.2f},{y:g}" for e, y in zip(E, Y, strict=True))]).encode()
    with pytest.raises(ReadError, match="no photon energy"):
        read(text)
    (found,) = read(text, replace(ROW, photon_ev=1486.6))
    assert found.binding_ev == pytest.approx(E, abs=1e-6)
    assert not found.counted


def known(data: bytes, name: str = "a.txt") -> tuple[str, str]:
    found = recognise(RawFile(name=name, data=data, size=len(data)))
    return found.technique, found.confidence


def test_what_is_taken_and_what_is_left_to_others() -> None:
    head = "\n".join(f"{e:.2f},{y:g}" for e, y in zip(E, Y, strict=True))
    assert known(FILE) == ("xps", "certain")
    assert known(f"Binding Energy (eV),Counts\n{head}".encode()) == ("xps", "likely")
    assert known(f"Energy/eV,mu\n{head}".encode())[0] != "xps"
    assert known(f"E/V,I/A\n{head}".encode())[0] == "lsv"
    assert known(head.encode())[0] != "xps"
    assert known(b"freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n1e6,10,1\n1e5,11,2\n1e4,12,3\n1e3,13,3\n")[0] == "eis"
