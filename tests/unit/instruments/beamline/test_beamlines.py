"""Headers and columns as beamlines write them, filled with a simulated edge: unit, formula, mode and edge come out right."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

HC, D_SI111 = 12398.419843, 3.13551


def simulate(e0: float) -> dict[str, np.ndarray]:
    """Columns of a scan over an edge at ``e0``: what each detector counts, and what it should give."""
    e = np.round(np.concatenate([np.arange(-150, -20, 5.0), np.arange(-20, 40, 0.5), np.arange(40, 500, 4.0)]) + e0, 4)
    step = 0.5 + np.arctan((e - e0) / 1.5) / np.pi
    mu = 0.4 + 1.1 * step * (1 + 0.05 * np.sin((e - e0) / 12.0))
    fluorescence = 0.02 + 0.3 * step
    i0 = 1e5 * (1 + 2e-4 * (e - e0))
    reference = 0.3 + 0.8 * step
    parts = {f"f{n}": fluorescence * i0 * w for n, w in enumerate((0.1, 0.2, 0.3, 0.4), 1)}
    return {
        "e": e, "kev": e / 1e3, "angle": np.degrees(np.arcsin(HC / (2 * D_SI111 * e))), "t": np.ones(e.size),
        "i0": i0, "i1": i0 * np.exp(-mu), "i2": i0 * np.exp(-mu - reference), "if": fluorescence * i0,
        "mu": mu, "f": fluorescence, "ref": reference, "0": np.zeros(e.size), "n": np.arange(e.size) + 1.0,
        "nan": np.full(e.size, np.nan), "dark": np.full(e.size, 240.0), **parts,
    }  # fmt: skip


PF = """  9809     {site}
 sample01        22.05.11 17:26 - 22.05.11 18:33
 Ring :   2.5 GeV   425.1 mA -  449.9 mA
 Mono :   SI(111)       D=  3.13551 A    Initial angle= 13.93250 deg
 BL       {kind}   Repetition=  1     Points= 261
 Param file : standard       energy axis(2)     Block =    1
 Block      Init-Eng  Final-Eng      Step/eV     Time/s       Num
     1        6606.20   7061.20         6.50       1.00        70
 Ortec(-1)     NDCH ={n}
  Angle(c)  Angle(o)    time/s {channels}
      Mode         0         0 {modes}
    Offset         0         0 {offsets}"""


def pf(site: str, kind: str, modes: str) -> str:
    n = len(modes.split())
    return PF.format(
        site=site, kind=kind, n=n, channels=" ".join(str(i + 2) for i in range(n)), modes=modes, offsets="0 " * n
    )


P65 = """# PETRA III Extension Beamline P65
# XAS CONTINUOUS MODE
# DCM Theta(p64/motor/oh.09) = 5.97487507737 degrees
# DCM Crystal: Si111
#enc_energy mono_energy mono_bragg Step_Pos undulator_energy bragg_enc time_pp VFC01 VFC02 VFC03 VFC04 T1 T2"""
APS12 = """#D Tue Jul 09 14:44:45 2019
#S Scan 29; exafsscan
#C exafs_edge_energy 6.539
#C 1_Energy (keV) 2_sec 3_mononrg 4_i0 5_i1 6_i2 7_i3 8_mu01 9_flatot 10_fla01 11_fla02 12_TC1"""
APS9 = """#F powder_scan
#E 1144942126
#C fourc  User = bmexafs
#S 1  gescan  energy 6900 7600  257 var
#G0 0 0 0 0 0 1 0
#N 12
#L energy  H  K  L  Epoch  i0  i1  mca1  mca2  mca3  Counter 27  Seconds"""
MX = """# XDI/1.0 MX/2.0
# Column.1: energy eV
# Column.2: i0
# Column.3: itrans
# Column.4: ifluor
# Column.5: irefer
# Scan.edge_energy: 7112.00
# Scan.edge: K
# Scan.element: Fe
#///
# Lepidocrocite powder
#---
# energy     mcs3     mcs4     mcs6     mcs5"""
BIOXAS = """# Canadian Light Source
# Column.1: Energy
# Column.2: EnergyFeedback
# Column.3: ScalerDwellTime
# Column.4: I0Detector
# Column.5: I0Detector_DarkCorrect
# Column.6: I1Detector
# Column.7: I1Detector_DarkCorrect
# Column.8: I2Detector_DarkCorrect
# Column.9: FeKa1_InB
# Column.10: FeKa1_InB_DarkCorrect
# Column.11: FeKa1_OutB_DarkCorrect
# ---"""
CLS_FOIL = """# XDI/1.0
# Element.symbol: Fe
# Element.edge: K
# Column.1: energy eV
# Column.2: EnergySetpoint
# Column.3: ScalerDwellTimeFeedback
# Column.4: GeDetectorDwellTimeFeedback
# Column.5: I0Detector_DarkCorrect
# Column.6: I1Detector_DarkCorrect
# Column.7: I2Detector_DarkCorrect
# Column.8: PIPS_DarkCorrect
#/////////////////////////////////
# Start:\t6912 eV\tStep: 10 eV\tEnd:\t7082 eV\tTime: 1 s
# EnergySetpoint.X\tEnergySetpoint\tScalerDwellTimeFeedback\tI0Detector_DarkCorrect\tI2Detector_DarkCorrect\tPIPS_DarkCorrect
\t\t\t\t\t"""
HXMA = """# Sample.formula:ZnFe2O4
# CLS Data Acquisition
#(1) Event-ID BL1606-ID-1:Energy MONO16061I1001:Energy:fbk MONO16061I1001:Energy:sp BL1606-ID1:mcs03:fbk \
BL1606-ID1:mcs04:fbk BL1606-ID1:mcs05:fbk BL1606-ID1:mcs06:fbk BL1606-ID-1:k BL1606-ID1:mcs:delay PCT1402-01:mA:fbk
#(1) Event-ID "BL1606-ID-1 Energy Setting" $(EnergyFeedback) $(EnergyAchieved) "Idiode" "I0" "I1" "I2" $(kName) \
"Delay between scans" "PCT for SR1"
#(2) BL1606-ID1:mcs:background BL1606-ID1:mcs:background BL1606-ID-1:Energy:0 PSL16062I1005:gap:mm
#(2) $(Background)[0] $(Background)[1-4] "Energy Base" $(XAFS_Slits_V)
# Background counts time=0(x .1 microseconds), 0, 0, 0, 0, 7112.000, 1.6000"""
SR10 = """Some SR Center BL-10
コメント:,Fe
測定モード:,PhotonEnergy
Block 0,69.44566,1770
Block 1,65.11131,1827,20,2.85,1,2

CalculatedΘ(deg.),ObservedΘ(deg.),hν(eV),Io(cps), SDD1(cps),SDD2(cps),SDD3(cps),TEY(cps),PEY(cps),Transmission(cps),Ring(mA)"""
SR11 = """#Some SR Center BL-11
#File,Time,Sample,Edge
#Dark Current:,149879,147396,0,0,0,0,145266
#Energy,Ch0(SC),Ch1(MCP),Ch2(SDD),Ch3,Ch6(I0),Ch7(Ring),Pulse,,Real eV,Ch0/I0"""
SESAME = """# XDI/1.0 SED_XAFS/0.9
# Column.1: energy (KeV)
# Column.1.1: energy (eV)
# Column.2: I0
# Column.3: Itrans
# Column.4: Irefer
# Column.5: mutrans (log(I0/Itrans))
# Element.symbol: Fe
# Element.edge: K
# ///
#(1)energy    (1.1)energy    (2)I0    (3)Itrans    (4)Irefer    (5)mutrans"""
FE = 7112.0
CASES = {
    "Photon Factory, fluorescence": (
        pf("KEK-PF   BL9A", "Fluorescence( 3)", "1 3"), "angle angle t i0 if", "fluorescence", "f", False),
    "Photon Factory, four elements behind": (
        pf("KEK-PF   NW10A", "Fluorescence( 3)", "3 3 3 3 1 5"), "angle angle t f1 f2 f3 f4 i0 n", "fluorescence", "f",
        False),
    "SPring-8, transmission": (
        pf("SPring-8 BL01B1", "Transmission( 2)", "1 2"), "angle angle t i0 i1", "transmission", "mu", False),
    "SAGA-LS, with a foil": (
        pf("SAGA-LS  BL11", "Transmission( 2)", "1 2 2"), "angle angle t i0 i1 i2", "transmission", "mu", True),
    "DESY P65": (P65, "e e angle n dark angle t i0 i1 i2 if dark dark", "transmission", "mu", True),
    "APS 12-BM, keV": (APS12, "kev t kev i0 i1 i2 0 mu if f1 f2 dark", "transmission", "mu", True),
    "APS 9-BM, spectrum regions": (APS9, "e dark dark dark n i0 0 f1 f2 f3 0 t", "fluorescence", "f123", False),
    "APS 10-ID, MX header": (MX, "e i0 i1 if i2", "transmission", "mu", True),
    "CLS BioXAS": (
        BIOXAS, "e e t dark i0 dark i1 i2 dark f1 f2", "transmission", "mu", True),
    "CLS BioXAS, fluorescence": (BIOXAS, "e e t dark i0 dark i1 i2 dark f1 f2", "fluorescence!", "f12", True),
    "CLS BioXAS, a foil without I1": (CLS_FOIL, "e e t i0 i1 dark", "transmission", "mu", False),
    "CLS BioXAS, single elements and their sum": (
        "# X.X\tI0Detector_DarkCorrect\tI1Detector_DarkCorrect\tFeKa1_OutB_DarkCorrect\t"
        "FeKa1_spectra1_OutB_DarkCorrect\tFeKa1_spectra2_OutB_DarkCorrect\tGe32ElementICR1_OutB_DarkCorrect",
        "e i0 i1 if f1 f2 dark", "fluorescence!", "f12", False),
    "CLS HXMA, names half in quotes": (
        HXMA, "t e e e if i0 i1 i2 dark dark dark", "transmission", "mu", True),
    "CLS IDEAS, Acquaman": (
        "# Notes:\n# ----\n# I_0.X\tI_0\tSample\tReference\tNormSample\tNormRef\t\n", "e i0 i1 i2 mu ref",
        "transmission", "mu", True),
    "SOLEIL SAMBA": (
        "# Energy, Theta, XMU, FLUO, REF, FLUO_RAW, I0, I1, I2, I3", "e angle mu if ref if i0 i1 i2 0",
        "transmission", "mu", True),
    "AichiSR": (pf("AichiSR  BL11S", "Transmission ( 2)", "1 2 2"), "angle angle t i0 i1 i2", "transmission", "mu", True),
    "SAGA-LS, fluorescence and yield": (
        pf("SAGA-LS   BL11", "Transmission( 2)", "3 1 4 103 101 104 5 5 5"), "angle angle t if i0 i1 dark 0 0 dark 0 0",
        "fluorescence", "f", False),
    "soft X-rays in CSV, photon energy third": (
        SR10, "angle angle e i0 f1 f2 f3 dark 0 0 dark", "fluorescence", "f123", False),
    "soft X-rays in CSV, channels": (SR11, "kev i1 i1 if 0 i0 dark n nan e mu", "fluorescence!", "f", False),
    "SESAME, both units": (SESAME, "kev e i0 i1 i2 mu", "transmission", "mu", True),
    "HERFD, two columns": ("", "e f", "mu", "f", False),
    "CLS IDEAS": ("#Energy I_0 Sample Reference KETEK", "e i0 i1 i2 if", "transmission", "mu", True),
    "CLS VESPERS": (
        "# Energy SplitIonChamber MiniIonChamber FeKa1", "e dark i0 if", "fluorescence", "f", False),
    "Diamond B18": (
        "# Diamond Light Source\n# B18-CORE XAS\n# qexafs_energy\ttime\tI0\tIt\tIref\tlnI0It\tlnItIref\tQexafsFFI0",
        "e t i0 i1 i2 mu ref f", "transmission", "mu", True),
    "Diamond B18, fluorescence": (
        "# qexafs_energy\ttime\tI0\tIt\tIref\tlnI0It\tlnItIref\tQexafsFFI0",
        "e t i0 i1 i2 mu ref f", "fluorescence!", "f", True),
    "Diamond B18, fluorescence only": (
        "# qexafs_energy\ttime\tI0\tFF\tQexafsFFI0", "e t i0 if f", "fluorescence", "f", False),
    "ALBA CLAESS": (
        "#S 12  ascan energyc 6960 7600 100 1\n#N 7\n#L Pt_No  energyc  a_i0_1  a_i0_2  a_i1_1  a_i1_2  absorption",
        "n e i0 i0 i1 i1 mu", "mu", "mu", False),
    "DESY, .fio": (
        "!\n%c\nfoil\n!\n%p\nSAMPLE_TIME = 1\n%d\n Col 1 E_MONO  DOUBLE\n Col 2 I0_RAW  DOUBLE\n Col 3 I1_RAW  DOUBLE",
        "e i0 i1", "transmission", "mu", False),
    "counts without labels": (
        "1PL 2/ 0/  .01; 24; 7; 21; 22;MOUV. 39= 324904; HeN in I0; 8.0 GPa\n 261 ", "e i0 i1",
        "transmission", "mu", False),
    "unit in the name": ("# PhotonEnergy_keV I_0 I_1 I_2 Lytle", "kev i0 i1 i2 if", "transmission", "mu", True),
    "NSLS-II": ("# timestamp energy i0 it ir iff aux1", "n e i0 i1 i2 if dark", "transmission", "mu", True),
    "CSV of a spreadsheet": ("Energy (eV),I0,It,Iref,If", "e i0 i1 i2 if", "transmission", "mu", True),
    "Athena, several quantities": (
        "# Athena data file -- Athena version 0.9.26\n#------\n#  energy xmu bkg pre_edge post_edge der sec norm",
        "e mu mu 0 mu 0 0 mu", "mu", "mu", False),
    "XDI, keV": (
        "# XDI/1.0\n# Element.symbol: Fe\n# Element.edge: K\n# Column.1: energy keV\n# Column.2: mutrans\n# ///\n# e m",
        "kev mu", "mu", "mu", False),
}  # fmt: skip


def fill(head: str, columns: str, e0: float = FE) -> bytes:
    made = simulate(e0)
    sep = "," if re.search(r"\w,I0|,Io\(|,Real", head) else "\t" if "\t" in head else " "
    rows = [sep.join(f"{v:.10g}" for v in row) for row in zip(*(made[c] for c in columns.split()), strict=True)]
    return "\n".join([head, *rows, ""]).encode()


def read(data: bytes, mode: str | None = None, name: str = "s.dat") -> AbsorptionScan:
    (scan,) = read_scans(RawFile(name=name, data=data, size=len(data)), XasReadSettings(), mode=mode)
    return scan


def truth(name: str) -> np.ndarray:
    made = simulate(FE)
    if name[0] == "f" and len(name) > 1:
        return sum(made[f"f{n}"] for n in name[1:]) / made["i0"]
    return made[name]


@pytest.mark.parametrize("case", CASES)
def test_the_right_columns_are_taken(case):
    head, columns, mode, mu, has_reference = CASES[case]
    data = fill(head, columns)
    scan = read(data, mode[:-1] if mode.endswith("!") else None)
    made = simulate(FE)
    np.testing.assert_allclose(scan.energy_ev, made["e"], rtol=1e-8)
    np.testing.assert_allclose(scan.mu, truth(mu), rtol=1e-6)
    assert (scan.element, scan.edge) == ("Fe", "K")
    assert scan.mode == mode.rstrip("!") or mode == "mu"
    assert (scan.reference_mu is not None) == has_reference
    if has_reference:
        np.testing.assert_allclose(scan.reference_mu, made["ref"], rtol=1e-6)
    known = recognise(RawFile(name="s.dat", data=data, size=len(data)))
    assert (known.technique, known.subject) == ("xas", "Fe K")
    assert not [f for f in known.findings if f.severity == "error"]


def test_mu_of_the_counts_is_not_taken_for_the_fluorescence_asked_for():
    data = fill("#L Energy  I0  I1  I2  mu  mu_ref", "kev i0 i1 i2 mu ref")
    with pytest.raises(ReadError, match="asked for fluorescence, the file has transmission"):
        read(data, "fluorescence")
    other = fill("#L Energy  I0  I1  I2  xmu", "kev i0 i1 i2 f")
    np.testing.assert_allclose(read(other, "fluorescence").mu, truth("f"), rtol=1e-6)


def test_a_shift_jis_header_keeps_its_columns():
    head = "コメント:,Fe\n\nθ(deg.),hν(eV),Io(cps), SDD1(cps),TEY(cps)"
    data = fill(head, "angle e i0 if dark").decode().encode("cp932")
    scan = read(data)
    np.testing.assert_allclose(scan.mu, truth("f"), rtol=1e-6)
    assert (scan.mode, scan.element) == ("fluorescence", "Fe")
