"""One broken file of photoelectron spectra per defect: one line that names file, field and problem, and never a crash."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from pipeline.core.flow import reduce_unit
from pipeline.core.sample import RawFile
from pipeline.core.technique import Record, Settings, Work
from pipeline.techniques.surfaces.model import SpectrumRow, SurfaceFit, Wanted
from pipeline.techniques.surfaces.settings import LineSettings, SpectrumCheckSettings
from pipeline.techniques.surfaces.technique import TECHNIQUE
from tests.synthetic_spectra import TWO, expected, grid, vamas

SETTINGS = Settings(values=(SpectrumCheckSettings(), LineSettings()))
E = grid()
COUNTS = np.random.default_rng(0).poisson(expected(E, TWO, area=2e4)).astype(float)
NAMED = (Wanted(name="a", be_ev=(160.5, 162.5)), Wanted(name="b", be_ev=(162.5, 164.5)))
GOOD = vamas([("S 2p", E, COUNTS)])


def reduce(data: bytes, name: str = "a.vms", wanted: tuple[Wanted, ...] = NAMED) -> Record[SurfaceFit]:
    raw = RawFile(name=name, data=data, size=len(data))
    row = SpectrumRow(name=name, sample="A", files=(name,), region="S 2p", wanted=wanted)
    return reduce_unit(TECHNIQUE.chain, Work(row=row, settings=SETTINGS), lambda name: raw)


@pytest.mark.parametrize("regular", [True, False])
def test_the_whole_file_is_good(regular: bool) -> None:
    record = reduce(vamas([("C 1s", E + 120, COUNTS), ("S 2p", E, COUNTS)], regular=regular))
    assert not record.rejected
    assert [c.verdict.level for c in record.results[0].components] == ["resolved"] * 2


def lines(replaced: dict[int, str]) -> bytes:
    out = GOOD.decode().split("\r\n")
    for at, text in replaced.items():
        out[at] = text
    return "\r\n".join(out).encode()


def place(text: str) -> int:
    return GOOD.decode().split("\r\n").index(text)


def xml(inner: str, head: str = "") -> bytes:
    group = f'<struct type_id="IDL:specs.de/x" type_name="RegionGroup">{inner}</struct>'
    return f'<?xml version="1.0"?>{head}<any>{group}</any>'.encode()


LAUGHS = '<!DOCTYPE any [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FETCHED = '<!DOCTYPE any [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
PHI_HEAD = b"SOFH\nFileType: SPECTRUM\nSpectralRegDef: 1 1 S2p 16 161 -0.1 172 156 172 156 0.5 23.5 AREA\nEOFH\n"


def text(energy: np.ndarray = E, counts: np.ndarray = COUNTS, head: str = "binding_energy_eV,counts") -> bytes:
    return (head + "\n" + "\n".join(f"{a:.3f},{b:g}" for a, b in zip(energy, counts, strict=True))).encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.vms", GOOD[: len(GOOD) // 2]),
        ("a.vms", GOOD[:300]),
        ("a.vms", lines({place("161"): "99999999"})),
        ("a.vms", lines({place("161"): "many"})),
        ("a.vms", lines({place("161") + 40: "1.2.3"})),
        ("a.vms", lines({8: "MAPPING"})),
        ("a.vms", lines({12: "3"})),
        ("a.vms", lines({place("XPS"): "SNMS"})),
        ("a.vms", lines({place("kinetic energy"): "mass"})),
        ("a.vms", vamas([("Survey", E, COUNTS)])),
        ("a.vms", vamas([("P 2p", E, COUNTS)])),
        ("a.vms", vamas([("S 2p", E, np.full(E.size, 7.0))])),
        ("a.vms", vamas([("S 2p", E, COUNTS - 3000)])),
        ("a.vms", vamas([("S 2p", E[:12], COUNTS[:12])])),
        ("a.vms", vamas([("S 2p", E * 20, COUNTS)])),
        ("a.vms", vamas([("S 2p", E + 500, COUNTS)])),
        ("a.xml", xml("<string>&b;</string>", LAUGHS)),
        ("a.xml", xml("<string>&a;</string>", FETCHED)),
        ("a.xml", xml("")),
        ("a.xml", xml("")[:-9]),
        ("a.xml", xml('<struct type_name="RegionData"><string name="name">S2p</string></struct>')),
        ("a.xml", b"<?xml version='1.0'?><svg/>"),
        ("a.spe", PHI_HEAD),
        ("a.spe", PHI_HEAD[:60]),
        ("a.spe", PHI_HEAD.replace(b"SPECTRUM", b"SXI")),
        ("a.spe", PHI_HEAD.replace(b"161", b"9999999999")),
        ("a.spe", PHI_HEAD + bytes(16) + struct.pack("<24I", *[161] * 24)),
        ("a.txt", b"[Info]\nNumber of Regions=1\n[Region 1]\nDimension 1 size=9\n[Data 1]\n1 2\n2 3\n"),
        ("a.txt", b"[Info]\nNumber of Regions=1\n[Region 1]\nDimension 1 size=9\n"),
        ("a.xy", b"# Created by: SpecsLab Prodigy\n# Region: S2p\n"),
        ("a.txt", b"Cycle 0:A:S2p\n\tCharacteristic Energy eV\t1486\nName\t\nvolts\tamps\n1\t2\n"),
        ("a.sle", b"SQLite format 3\0" + bytes(100)),
        ("a.csv", text(head="kinetic_energy_eV,counts")),
        ("a.csv", text(energy=np.repeat(E[:81], 2)[: E.size])),
        ("a.csv", b""),
        ("a.csv", b"binding_energy_eV,counts\n"),
        ("a.bin", bytes(range(256)) * 20),
    ],
)
def test_one_line_says_what_is_wrong(name: str, data: bytes) -> None:
    record = reduce(data, name)
    assert not record.results
    (row,) = record.rejected
    assert row.file == name
    assert row.field
    assert row.problem
    assert "\n" not in row.problem
    assert row.stage in ("read", "check", "fit")


def test_a_spike_is_masked_and_the_fractions_stand() -> None:
    counts = COUNTS.copy()
    counts[30] += 5000
    record = reduce(vamas([("S 2p", E, counts)]))
    assert [m.mask.code for m in record.masks] == ["spike"]
    share = record.results[0].components[0].area_fraction
    assert share is not None
    assert share.value == pytest.approx(0.4, abs=0.01)


def test_counts_divided_by_the_scans_are_told() -> None:
    record = reduce(vamas([("S 2p", E, COUNTS / 16)]))
    (result,) = record.results
    assert "not_poisson" in {f.code for f in result.findings}
    assert result.checked.noise == pytest.approx(1 / 16, rel=0.4)
    assert result.chi2_reduced == pytest.approx(1.0, abs=0.5)


def test_columns_with_names_are_read() -> None:
    record = reduce(text(), "a.csv")
    assert not record.rejected
    assert record.results[0].checked.spectrum.counted
