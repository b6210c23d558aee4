"""Every real impedance and sweep file is read with the rows and spectra of the manifest, or refused for a stated reason."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.raw_files import load_raw
from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.tables import EclabTable, parse_eclab
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.sweeps.read import read_sweeps

SETTINGS = DelimitedSettings()
NOT_A_MEASUREMENT = {
    r"\.mp[sl]$|\.mgr$|\.sta$": "companion",
    r"sample_info\.txt$": "rows: no table of numbers",
    r"noData\.mpt$": "file: is empty",
    r"_MissingFreq\.mpt$": "freq/Hz: not in the file",
    r"chemotion.*\.mpr$": r"rows: no data points \(PEIS\)",
    r"ASS_Batterie_01.*_(02_PEIS|07_PEIS|03_OCV|08_OCV|04_CV)_C01\.mp[rt]$": "rows: no data points",
    r"Spinell_09_PEIS_C01\.mp[rt]$|__01__150806": "rows: no data points",
}
"""Files that hold no data, and why they give none."""
SPECTRA_BY_HAND = {
    "EISFitpython/CSV_Example.csv": (50, 1),
    "EISFitpython/Example_header.txt": (50, 1),
    "EISFitpython/Example_noheader.txt": (42, 1),
    "hybrid-drt/tutorials_PEIS_LPSCl_IonBlocking_-25C.txt": (79, 1),
    "hybrid-drt/tutorials_PEIS_LPSCl_IonBlocking_-25C_RelaxIS.txt": (79, 1),
    "hybrid-drt/tutorials_EISGALV_EISTest3.DTA": (71, 1),
    "hybrid-drt/webinar_Sample2_PEIS_AtRest.csv": (890, 10),
    "chemotion_VMP300_60C/DHM-Cudmp_EISPOT - Copy.DTA": (58, 1),
    "impedance.py/exampleData.csv": (66, 1),
    "impedance.py/exampleDataAutolab.txt": (41, 1),
    "impedance.py/exampleDataCHInstruments.txt": (73, 1),
    "impedance.py/exampleDataGamry.DTA": (72, 1),
    "impedance.py/exampleDataGamryABORT.DTA": (72, 1),
    "impedance.py/exampleDataParstat.txt": (31, 1),
    "impedance.py/exampleDataPowersuite.txt": (30, 1),
    "impedance.py/exampleDataVersaStudio.par": (61, 1),
    "impedance.py/exampleDataZPlot.z": (21, 1),
    "impedance.py/exampleDataZPlot_noComments.z": (31, 1),
    "pyimpspec/case-multiple-spectra.csv": (116, 4),
    "pyimpspec/case-multiple-spectra-reverse.csv": (58, 2),
    "pyimpspec/data.ids": (58, 2),
    **{f"impedance.py/Circuit{i}_EIS_{j}.z": (n, 1) for i, n in ((1, 48), (2, 56), (3, 53)) for j in (1, 2)},
    **{
        f"pyimpspec/{name}": (29, 1)
        for name in (
            *(f"data.{suffix}" for suffix in ("P00", "dfr", "dta", "i2b", "idf", "mpt", "z")),
            *(f"data-header-variant-{i}.csv" for i in (1, 2, 3)),
            *(f"data-{kind}.csv" for kind in ("comma-decimal-separator", "semicolon", "space")),
            "case-negative-real-imaginary.csv",
        )
    },
}
"""(points, spectra) of the text files, counted in the files by eye."""


@pytest.fixture(scope="module")
def eis(real_data) -> Path:
    return real_data / "eis"


@pytest.fixture(scope="module")
def raws(eis) -> dict[str, RawFile]:
    found = {}
    for path in sorted(p for p in eis.rglob("*") if p.is_file()):
        name = path.relative_to(eis).as_posix()
        data = path.read_bytes()
        found[name] = RawFile(name=name, data=data, size=len(data))
    return found


@pytest.fixture(scope="module")
def manifest(real_data, raws) -> list[tuple[str, int, int | None]]:
    """(file, rows, spectra) of the tables of MANIFEST.md."""
    found = []
    folder = ""
    for line in (real_data / "MANIFEST.md").read_text(encoding="utf-8").split("\n# xas/")[0].split("\n"):
        if line.startswith("## "):
            folder = line[3:].strip()
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) > 6 and cells[3].isdigit() and f"{folder}/{cells[0]}" in raws:
            found.append((f"{folder}/{cells[0]}", int(cells[3]), int(cells[4]) if cells[4].isdigit() else None))
    return found


def tables(raw: RawFile) -> EclabTable | None:
    try:
        found = parse_eclab(raw)
    except ReadError:
        return None
    return None if found is None else found[1][0]


def test_every_file_is_read_or_refused_for_the_stated_reason(raws, eis):
    wrong = []
    for name in raws:
        try:
            known = recognise(load_raw(eis / name, name))
        except ReadError as error:
            said, read = str(error), False
        else:
            said = known.technique + "; " + "; ".join(map(str, known.findings))
            read = known.technique in ("eis", "lsv", "cycling", "other") and "error:" not in said
        reason = next((why for pattern, why in NOT_A_MEASUREMENT.items() if re.search(pattern, name)), None)
        if read is (reason is not None) or (reason is not None and not re.search(reason, said)):
            wrong.append(f"{name}: {said[:150]}")
    assert not wrong


def test_rows_and_spectra_are_those_of_the_manifest(manifest, raws):
    assert len(manifest) > 110
    wrong = []
    for name, rows, spectra in manifest:
        table = tables(raws[name])
        if (0 if table is None else table.n_rows) != rows and "MissingFreq" not in name:
            wrong.append(f"{name}: {table and table.n_rows} rows, {rows} in the manifest")
        if spectra and table is not None and "freq/Hz" in table.columns:
            found = len(read_impedance(raws[name], SETTINGS))
            several = "Cell00" in name or "case-multiple" in name  # 10 and 3, as the manifest's text has it
            if found != spectra and not several:
                wrong.append(f"{name}: {found} spectra, {spectra} in the manifest")
    assert not wrong


def test_text_files_give_the_points_and_spectra_counted_by_hand(raws):
    counts = {}
    for name in SPECTRA_BY_HAND:
        found = read_impedance(raws[name], SETTINGS)
        counts[name] = (sum(s.frequency_hz.size for s in found), len(found))
    assert counts == SPECTRA_BY_HAND


def test_the_numbers_of_a_text_export_are_those_that_stand_in_it(raws):
    """Against the shortest code that can read one: split at tabs, comma to point."""
    n = 0
    for name, raw in raws.items():
        table = tables(raw) if name.endswith(".mpt") else None
        if table is None:
            continue
        lines = re.split("\r?\n", raw.data.decode("latin-1"))
        said = re.search(r"Nb header lines : (\d+)", lines[1])
        top = int(said[1]) - 1 if said else next(i for i, line in enumerate(lines) if line.strip())
        names = [s.strip() for s in lines[top].encode("latin-1").decode("cp1252").split("\t")]
        rows = [line.replace(",", ".").split("\t") for line in lines[top + 1 :] if line.strip()]
        for i, column in enumerate(names):
            if column and names.index(column) == i and column in table.columns:
                np.testing.assert_array_equal(
                    table.columns[column], [float(r[i]) for r in rows], err_msg=f"{name} {column}"
                )
        n += 1
    assert n > 35


def test_text_and_binary_of_one_measurement_are_equal(raws):
    stems: dict[str, dict[str, str]] = {}
    for name in raws:
        if name.endswith((".mpr", ".mpt")):
            key = name.rsplit(".", 1)[0].replace("ECLab-Export__", "").replace("issue_95.de", "issue_95")
            stems.setdefault(key, {})[name[-3:]] = name
    pairs = [p for p in stems.values() if len(p) == 2]
    compared = set()
    for pair in pairs:
        text, binary = tables(raws[pair["mpt"]]), tables(raws[pair["mpr"]])
        assert (text is None) == (binary is None), pair
        if text is None or binary is None:
            continue
        assert text.n_rows == binary.n_rows, pair
        for column in ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "Ewe/V", "<Ewe>/V", "<I>/mA", "I/mA", "time/s"):
            if column in text.columns and column in binary.columns:
                a, b = text.columns[column], binary.columns[column]
                shift, atol = (a[0] - b[0], 1e-4) if column == "time/s" else (0.0, 1e-7 * float(np.max(np.abs(a))))
                np.testing.assert_allclose(b + shift, a, rtol=1e-6, atol=atol, err_msg=f"{pair} {column}")
                compared.add(column)
        if "freq/Hz" in text.columns:
            counts = [[s.frequency_hz.size for s in read_impedance(raws[pair[k]], SETTINGS)] for k in ("mpt", "mpr")]
            assert counts[0] == counts[1], pair
    assert len(pairs) > 25
    assert {"freq/Hz", "-Im(Z)/Ohm", "Ewe/V", "<I>/mA"} <= compared


def test_the_same_spectrum_in_three_formats_is_equal(raws):
    stem = "hybrid-drt/tutorials_PEIS_LPSCl_IonBlocking_-25C"
    found = [read_impedance(raws[stem + end], SETTINGS)[0] for end in (".mpr", ".txt", "_RelaxIS.txt")]
    for other in found[1:]:
        np.testing.assert_allclose(other.frequency_hz, found[0].frequency_hz, rtol=1e-6)
        np.testing.assert_allclose(other.impedance_ohm, found[0].impedance_ohm, rtol=1e-6)
    assert found[0].frequency_hz[[0, -1]] == pytest.approx([7e6, 0.1], rel=1e-3)


def test_one_synthetic_spectrum_in_every_vendors_format_is_equal(raws):
    truth = read_impedance(raws["pyimpspec/data-header-variant-1.csv"], SETTINGS)[0]
    names = [n for n in SPECTRA_BY_HAND if n.startswith("pyimpspec/")]
    for name in names:
        rtol = 5e-3 if name.endswith("P00") else 1e-5  # four digits; six digits
        for spectrum in read_impedance(raws[name], SETTINGS)[:1]:
            np.testing.assert_allclose(spectrum.frequency_hz, truth.frequency_hz, rtol=rtol, err_msg=name)
            np.testing.assert_allclose(spectrum.impedance_ohm, truth.impedance_ohm, rtol=rtol, err_msg=name)


def test_temperature_and_force_of_an_external_device(raws):
    found = read_impedance(raws["yadg/vsp_peis_with.mpr"], SETTINGS)
    celsius = np.array([s.temperature_k for s in found]) - 273.15
    assert len(found) == 32
    assert 27.2 < celsius.min() < celsius.max() < 29.0  # 27.3 to 28.9 by the manifest
    assert float(found[0].source.header["Force/N"].split()[0]) == pytest.approx(152.7, abs=0.1)
    mislabelled = "; ".join(map(str, read_impedance(raws["yadg/vsp_peis_with.mpt"], SETTINGS)[0].findings))
    assert "Analog IN 1/V: reaches 152.7, more than the 10 V" in mislabelled


def test_rows_at_0_hz_are_counted(raws):
    assert "1027 row(s) at 0 Hz" in str(read_impedance(raws["EZ/EIS CFO pH14 light.mpt"], SETTINGS)[0].findings)
    assert "29 row(s) at 0 Hz" in str(read_impedance(raws["cheminfo/geis.mpt"], SETTINGS)[0].findings)


@pytest.mark.parametrize(
    ("name", "technique", "sweeps", "rows"),
    [
        ("cheminfo/lsv.mpt", "LSV", 1, 1186),
        ("cheminfo/lsv.mpr", "LSV", 1, 1186),
        ("yadg/01_LSV_C06.mpr", "LSV", 1, 311),
        ("yadg/cv.mpt", "CV", 2, 5103),
        ("yadg/cv.mpr", "CV", 2, 5103),
        ("yadg/cva.issue_202.mpt", "CVA", 1, 455),
        ("thesis_VMP3_LATP/ASS__LTO_LLTO_Li__02__150807_LTO_LLTO_Li_05_CV_C03.mpr", "CV", 2, 12502),
    ],
)
def test_sweeps(raws, name, technique, sweeps, rows):
    found = read_sweeps(raws[name], SETTINGS)
    assert [s.technique for s in found] == [technique] * sweeps
    assert sum(s.potential_v.size for s in found) == rows


def test_a_study_drafted_from_the_whole_collection_loads_at_once(eis, tmp_path):
    from pipeline.core.study.draft import draft_study
    from pipeline.core.study.load import load_study

    text, notes = draft_study(eis, None)
    (tmp_path / "study.toml").write_text(text.replace('raw = "."', f"raw = '{eis}'"), encoding="utf-8")
    study = load_study(tmp_path / "study.toml")
    assert int(notes[0].split(" files: ")[0]) >= 186
    kelvin = {r.name: r.temperature_k for r in study.rows["eis"]}
    assert kelvin["hybrid-drt/tutorials_PEIS_LPSCl_IonBlocking_-25C.mpr"] == pytest.approx(248.15)
    assert kelvin["cd-app_VMP300_7MHz/60C_AGFKBiF_K3Bi09Zr01F61_PbSnF4PbAB_02_PEIS_C13.mpr"] == pytest.approx(333.15)
    assert kelvin["yadg/vsp_peis_with.mpr"] is None  # 32 temperatures stand in the file
    assert "yadg/vsp_peis_with.mpt" not in kelvin
    assert not [n for n in kelvin if "ASS_Batterie_01" in n]  # stopped before their first point


def test_every_sign_agrees_with_kramers_kronig(raws):
    """No spectrum of the collection is stored conjugated: the sign test that the reader uses, on all of them."""
    from pipeline.techniques.impedance.read.signs import phase_slope_correlation

    for name, raw in raws.items():
        if recognise(raw).technique == "eis":
            for s in read_impedance(raw, SETTINGS):
                z = s.impedance_ohm
                assert phase_slope_correlation(s.frequency_hz, z.real, z.imag) > -0.3, name
