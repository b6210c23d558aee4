"""Readers of electron spectrometers on small files made by hand."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.casaxps.text import casaxps_components, is_casaxps, is_results, read_casaxps
from pipeline.instruments.phi.spe import is_phi, read_phi
from pipeline.instruments.scienta.text import is_scienta, read_scienta
from pipeline.instruments.specs.xml import is_specs_xml, read_specs_xml
from pipeline.instruments.specs.xy import is_xy, read_xy
from pipeline.instruments.vamas.blocks import is_vamas, read_vamas
from tests.synthetic_spectra import vamas


def raw(data: bytes | str) -> RawFile:
    content = data.encode() if isinstance(data, str) else data
    return RawFile(name="a", data=content, size=len(content))


@pytest.mark.parametrize("regular", [True, False])
def test_vamas(regular: bool) -> None:
    e, y = np.linspace(156, 160, 41), np.arange(41.0)
    file = raw(vamas([("S 2p", e, y), ("C 1s", e + 125, 2 * y)], photon_ev=1253.6, regular=regular))
    assert is_vamas(file)
    sulfur, carbon = read_vamas(file)
    assert (sulfur.label, carbon.label, sulfur.group) == ("S 2p", "C 1s", "simulated")
    assert (sulfur.scale, sulfur.unit, sulfur.seconds, sulfur.photon_ev) == ("kinetic", "counts", 0.5, 1253.6)
    assert 1253.6 - sulfur.energy_ev == pytest.approx(e[::-1], abs=1e-5)
    assert carbon.intensity == pytest.approx(2 * y[::-1])
    assert sulfur.header["species"] == "S 2p"


def test_vamas_that_leaves_lines_out_is_refused() -> None:
    lines = vamas([("S 2p", np.linspace(1, 2, 9), np.ones(9))]).decode().split("\r\n")
    lines[lines.index("REGULAR") + 3] = "1"
    with pytest.raises(ReadError, match="leave lines out"):
        list(read_vamas(raw("\n".join(lines))))


CASA = (
    "Cycle 2:my: sample:S2p\n\tCharacteristic Energy eV\t1.4866e+003\tAcquisition Time s\t5.0e-001\nName\t\tPS4\t\n"
    "Position\t\t161.5\t\nFWHM\t\t1.1\t\nArea\t\t100\t\nLineshape\t\tGL(30)\t\n"
    "K.E.\tCounts\tPS4\tBackground\tEnvelope\t\tB.E.\tCPS\n1326.6\t10\t1\t2\t3\t\t160\t20\n1326.5\t12\t1\t2\t3\t\t160.1\t24\n\n"
)


def test_casaxps() -> None:
    file = raw(CASA + CASA.replace("S2p", "P2p"))
    assert is_casaxps(file)
    assert not is_results(file)
    first, second = read_casaxps(file)
    assert (first.label, first.group, second.label) == ("S2p", "my: sample", "P2p")
    assert (first.photon_ev, first.seconds, first.unit) == (1486.6, 0.5, "counts")
    assert first.intensity == pytest.approx([10, 12])
    (component,) = casaxps_components(first.header)
    assert component == {"name": "PS4", "position": "161.5", "fwhm": "1.1", "area": "100", "lineshape": "GL(30)"}


XY = """# Created by:        SpecsLab Prodigy, Version 4
#   Energy Axis:              Kinetic Energy
#   Count Rate:               Counts per Second
#   Separate Scan Data:       yes
# Group:                        G
# Region:                       S2p
# Dwell Time:                   0.2
# Excitation Energy:            1486.6
# Cycle: 0, Curve: 0, Scan: 0
1320 100
1321 120
# Cycle: 0, Curve: 0, Scan: 1
1320 110
1321 140
# Cycle: 1, Curve: 0, Scan: 0
1320 90
1321 80
"""


def test_specs_xy_adds_scans_of_a_cycle() -> None:
    file = raw(XY)
    assert is_xy(file)
    two, one = read_xy(file)
    assert (two.label, two.group, two.scale, two.unit) == ("S2p", "G", "kinetic", "counts/s")
    assert two.intensity == pytest.approx([105, 130])
    assert (two.seconds, one.seconds) == (0.4, 0.2)


def specs(counts: str, *, head: int = 1, tail: int = 1) -> str:
    numbers = "".join(
        f'<double name="{k}">{v}</double>'
        for k, v in (
            ("values_per_curve", 3), ("dwell_time", 0.2), ("scan_delta", 0.5), ("excitation_energy", 1253.6),
            ("kinetic_energy", 960), ("pass_energy", 10),
        )
    )  # fmt: skip
    detectors = "".join(
        f'<struct type_name="Detector"><double name="shift">{s}</double></struct>' for s in (-0.05, 0.0, 0.05)
    )
    return (
        '<?xml version="1.0"?><any><struct type_id="IDL:specs.de/Serializer/RegionGroup:1.0" type_name="RegionGroup">'
        '<string name="name">G</string><struct type_name="RegionData"><string name="name">C1s</string>'
        '<struct type_name="RegionDef"><struct name="scan_mode"><string name="name">FixedAnalyzerTransmission</string>'
        f"</struct>{numbers}"
        f'</struct><ulong name="mcd_head">{head}</ulong><ulong name="mcd_tail">{tail}</ulong>{detectors}<struct type_name="Cycle">'
        f'<struct type_name="ScanData"><sequence name="counts"><ulong>{counts}</ulong></sequence></struct></struct>'
        "</struct></struct></any>"
    )


def test_specs_xml_adds_channels_at_one_energy() -> None:
    """Shifts of -1, 0 and 1 step: the line at 960.5 eV is at point 3, 2 and 1 of the channels' five."""
    points = np.zeros((5, 3))
    points[3, 0], points[2, 1], points[1, 2] = 10, 20, 30
    file = raw(specs("\n".join(f"{v:.0f}" for v in points.ravel())))
    assert is_specs_xml(file)
    (found,) = read_specs_xml(file)
    assert found.intensity == pytest.approx([0, 60, 0])
    assert found.energy_ev == pytest.approx([960, 960.5, 961])
    assert (found.label, found.group, found.unit, found.seconds) == ("C1s", "G", "counts", 0.2)


def test_specs_xml_with_counts_missing_is_refused() -> None:
    with pytest.raises(ReadError, match="14 counts, 3 x 5 are announced"):
        list(read_specs_xml(raw(specs("1 " * 14))))


def phi(regions: list[tuple[str, np.ndarray]]) -> bytes:
    defs = "".join(
        f"SpectralRegDef: {i} 1 {name} 16 {y.size} -0.1000 172.0 156.0 172.0 156.0 0.250000 23.50 AREA\r\n"
        for i, (name, y) in enumerate(regions, 1)
    )
    head = (
        f"SOFH\r\nFileType:  SPECTRUM\r\nFileDesc: my sample\r\n{defs}XraySource: Al 1486.6 mono\r\nEOFH\r\n".encode()
    )
    entries = b""
    for _, y in regions:
        words = [struct.pack("<I", 1)] * 24
        words[5], words[18], words[19] = struct.pack("<I", y.size), b"f4\0\0", struct.pack("<I", 4 * y.size)
        entries += b"".join(words)
    return head + bytes(16) + entries + b"".join(y.astype("<f4").tobytes() for _, y in regions)


def test_phi() -> None:
    a, b = np.arange(7.0), np.arange(9.0) * 4
    file = raw(phi([("S2p", a), ("C1s", b)]))
    assert is_phi(file)
    first, second = read_phi(file)
    assert (first.label, second.label, first.group) == ("S2p", "C1s", "my sample")
    assert first.intensity == pytest.approx(a)
    assert second.intensity == pytest.approx(b)
    assert first.energy_ev[:2] == pytest.approx([172, 171.9])
    assert (first.scale, first.unit, first.seconds, first.photon_ev) == ("binding", "counts/s", 0.25, 1486.6)


SCIENTA = """[Info]
Number of Regions=1

[Region 1]
Region Name=S2p
Dimension 1 name=Kinetic Energy [eV]
Dimension 1 size=2

[Info 1]
Pass Energy=50
Excitation Energy=520

[Data 1]
 350.0 1.5 2.0
 350.1 2.5 1.0
"""


def test_scienta_adds_slices() -> None:
    file = raw(SCIENTA)
    assert is_scienta(file)
    (found,) = read_scienta(file)
    assert (found.label, found.scale, found.unit, found.photon_ev) == ("S2p", "kinetic", "arbitrary", 520)
    assert found.intensity == pytest.approx([3.5, 3.5])
    assert "2 slices" in found.findings[0].problem
    with pytest.raises(ReadError, match="truncated"):
        list(read_scienta(raw(SCIENTA.replace("size=2", "size=3"))))
