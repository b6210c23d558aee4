"""HXMA and SXRMB files built line by line from a formula, as their beamlines write them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import RawFile
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.recognise import recognise_absorption
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

E0 = 9881.0
ENERGY = np.concatenate([np.arange(9700, 9860, 10.0), np.arange(9860, 9920, 0.5), np.arange(9920, 10600, 3.0)])
MU = 0.4 + 1.2 * (0.5 + np.arctan((ENERGY - E0) / 1.5) / np.pi)
REFERENCE = 0.1 + 0.7 * (0.5 + np.arctan((ENERGY - E0 - 0.4) / 1.5) / np.pi)
I0 = 2e5 * (1 - 1e-4 * (ENERGY - E0))


def hxma(*, event_rows: bool = False, background: bool = True, drop: tuple[int, ...] = ()) -> str:
    pvs = [
        "Event-ID",
        "BL1606-ID-1:Energy",
        "MONO16061I1001:Energy:fbk",
        "MONO16061I1001:Energy:sp",
        *[f"BL1606-ID1:mcs0{i}:fbk" for i in (3, 4, 5, 6)],
        "BL1606-ID-1:k",
        "PCT1402-01:mA:fbk",
    ]
    macros = [
        "Event-ID",
        "$(AbsEnergyName)",
        "$(EnergyFeedback)",
        "$(EnergyAchieved)",
        *[f"$(Detector{i})" for i in (1, 2, 3, 4)],
        "$(kName)",
        "$(RingCurrent)",
    ]
    lines = ["# CLS Data Acquisition"]
    lines += ["#(1)\t" + "\t".join(f'"{n}"' for n in names) for names in (pvs, macros)]
    lines.append('#(2)\t"BL1606-ID1:mcs:background"\t"BL1606-ID1:mcs:background"\t"BL1606-ID-1:Energy:0"\t"gap"')
    lines.append('#(2)\t"$(Background)[0]"\t"$(Background)[1-4]"\t"$(EdgeEnergy)"\t"$(XAFS_Slits_V)"')
    if background:
        lines.append(f"# Background counts time=0(x .1 microseconds), 0, 0, 0, 0, {E0:.3f}, 5.0000")
    if event_rows:
        lines.append(f"2, 0, 0, 0, 0, 0, {E0:.3f}, 5.0000")
    i1 = I0 * np.exp(-MU)
    columns = [0.02 * I0 * MU, I0, i1, i1 * np.exp(-REFERENCE)]
    for n, (e, *counts) in enumerate(zip(ENERGY, *columns, strict=True)):
        numbers = [f"{0.0 if i in drop else c:.2f}" for i, c in enumerate(counts)]
        lines.append(", ".join(["1", f"{e - 0.003:.3f}", f"{e:.3f}", f"{e:.3f}", *numbers, "0.0000", "187.2"]))
        if event_rows and n % 50 == 10:
            lines.append(f"2, 0, 0, 0, 0, 0, {E0:.3f}, 5.0000")
    return "\n".join([*lines, ""])


def sxrmb(station: str, edge: str = "Ta L3") -> str:
    i0, tey = I0 / 7, 4e4 + 1e4 * MU
    columns: dict[str, np.ndarray] = {"EnergyFeedback.X": ENERGY, "EnergyFeedback": ENERGY}
    if station == "solid state":
        columns |= {"BeamlineI0Detector": i0, "TEYDetector": tey}
    elif station == "ambient":
        columns |= {
            "BeamlineI0Detector": 3 * I0 + 100 * ENERGY,
            "I0Detector": i0,
            "TransmissionDetector": i0 * np.exp(-MU),
        }
    else:
        columns |= {"I0Detector": i0, "TEYDetector": tey}
    columns |= {"TaLa1": 0.01 * i0 * MU, "ClKa1": 0.05 * i0, "norm_TaLa1": 0.01 * MU, "norm_ClKa1": 0.05 + 0 * MU}
    lines = [
        "# Scan: HSE-Sm #3",
        "# Sample: HSE-Sm",
        f"# Scanned Edge:\t{edge}",
        "# Note that I0.X is the energy feedback.",
        "# ",
        "# " + "\t".join(columns) + "\t",
        "",
    ]
    lines += ["\t".join(f"{v:.6f}" for v in row) + "\t" for row in zip(*columns.values(), strict=True)]
    return "\r\n".join([*lines, ""])


def read(text: str, mode: str | None = None) -> AbsorptionScan:
    data = text.encode()
    return read_scans(RawFile(name="xas/a b.dat", data=data, size=len(data)), XasReadSettings(), mode=mode)[0]


@pytest.mark.parametrize("event_rows", [False, True])
def test_hxma_transmission_reference_and_edge(event_rows):
    scan = read(hxma(event_rows=event_rows), mode="transmission")
    np.testing.assert_allclose(scan.energy_ev, ENERGY)
    np.testing.assert_allclose(scan.mu, MU, atol=2e-6)
    np.testing.assert_allclose(scan.reference_mu, REFERENCE, atol=2e-6)
    assert (scan.element, scan.edge, scan.source.format) == ("Ta", "L3", "CLS HXMA")
    assert "EdgeEnergy 9881.000 eV" in scan.source.evidence
    assert not [f for f in scan.findings if f.severity != "info"]


def test_hxma_fluorescence_keeps_the_single_detector():
    scan = read(hxma(), mode="fluorescence")
    np.testing.assert_allclose(scan.mu, 0.02 * MU, atol=1e-6)
    assert list(scan.detectors) == ["$(Detector1)"]
    np.testing.assert_allclose(np.array(scan.detectors["$(Detector1)"]) / scan.i0, scan.mu)


def test_hxma_with_the_fluorescence_detector_off_is_transmission():
    scan = read(hxma(drop=(0,)))
    assert scan.mode == "transmission"
    np.testing.assert_allclose(scan.mu, MU, atol=2e-6)


def test_hxma_edge_from_the_data_where_the_header_has_none():
    scan = read(hxma(background=False), mode="transmission")
    assert (scan.element, scan.edge) == ("Ta", "L3")
    assert "steepest rise" in scan.source.evidence


@pytest.mark.parametrize("station", ["solid state", "ambient", "microprobe"])
def test_sxrmb_end_stations(station):
    scan = read(sxrmb(station), mode="fluorescence")
    np.testing.assert_allclose(scan.mu, 0.01 * MU, rtol=1e-5)
    assert list(scan.detectors) == ["TaLa1"]
    assert station in scan.source.instrument
    assert (scan.element, scan.edge) == ("Ta", "L3")
    if station == "ambient":
        np.testing.assert_allclose(read(sxrmb(station), mode="transmission").mu, MU, atol=1e-6)


def test_sxrmb_takes_the_region_of_the_scanned_edge():
    scan = read(sxrmb("solid state", edge="Cl K"), mode="fluorescence")
    assert list(scan.detectors) == ["ClKa1"]
    assert any(f.field == "edge" for f in scan.findings)


def test_both_are_recognised_with_certainty():
    for text, name in ((hxma(), "CLS HXMA"), (sxrmb("ambient"), "CLS SXRMB")):
        found = recognise_absorption(RawFile(name="a.dat", data=text.encode(), size=len(text)))
        assert found is not None
        assert (found.format, found.confidence, found.subject) == (name, "certain", "Ta L3")
