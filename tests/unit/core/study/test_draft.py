"""hse init: a folder of raw files becomes a study that loads at once, with a marked question for all that is unknown."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import StudyError
from pipeline.core.study.draft import draft_study
from pipeline.core.study.load import load_study

F = np.geomspace(1e6, 1, 12)
E = np.concatenate([np.arange(9700, 9860, 10.0), np.arange(9860, 9920, 0.5), np.arange(9920, 10200, 4.0)])


def mpt(technique: str, names: str, *columns) -> str:
    rows = "\n".join("\t".join(f"{v:.6E}" for v in row) for row in zip(*columns, strict=True))
    return f"EC-Lab ASCII FILE\nNb header lines : 5\n\n{technique}\n{names}\n{rows}\n"


def peis(seed: int, extra: str = "") -> str:
    names = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm" + (f"\t{extra}" if extra else "")
    columns = (F, F + seed, F + 1, *([np.full(F.size, -30.0 + seed)] if extra else []))
    return mpt("Potentio Electrochemical Impedance Spectroscopy", names, *columns)


def lsv(seed: int) -> str:
    return mpt("Linear Sweep Voltammetry", "time/s\tEwe/V\t<I>/mA", F, F + seed, F)


def scan(edge_ev: float, seed: int) -> str:
    e = E + edge_ev - 9881
    mu = 0.4 + 1.2 / (1 + np.exp(-(e - edge_ev) / 1.5)) + 1e-5 * seed
    i0 = 1e5 * (1 + 1e-4 * (e - edge_ev))
    rows = zip(e, i0, i0 * np.exp(-mu), strict=True)
    return "# energy i0 i1\n" + "\n".join(" ".join(f"{v:.8g}" for v in row) for row in rows) + "\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    for i, t in enumerate(("-70", "-20", "25")):
        write(f"eis/HSE-Sm_{t}C.mpt", peis(i))
    write("eis/HSE-Sm_60C.mpt", peis(9)[:60])
    write("eis/HSE-Sm_warm.mpt", peis(3))
    write("eis/LCF_m40C.mpt", peis(4))
    write("eis/LCF_RT.mpt", peis(5))
    write("eis/LCF_01.mpt", peis(6, "Temperature/°C"))
    write("eis/copy of LCF_01.mpt", peis(6, "Temperature/°C"))
    write("eis/LCF_203C.mpt", peis(7))
    write("eis/LCF.mps", "EC-LAB SETTING FILE\n")
    write("lsv/HSE-Sm_oxidation.mpt", lsv(0))
    write("lsv/HSE-Sm_OCV.mpt", mpt("Open Circuit Voltage", "time/s\tEwe/V", F, F))
    for i in (1, 2, 3):
        write(f"xas/HSE-Sm_Ta_{i}.dat", scan(9881, i))
    write("xas/HSE-Sm_Ta_4.dat", scan(10207, 4))
    write("notes é.txt", "nothing but words\n")
    write("results/manifest.json", "{}")
    write("results/tables/spectra.csv", "f,Z',Z''\n1,2,3\n")
    write(".hidden/HSE-Sm_0C.mpt", peis(8))
    return tmp_path


def load(folder: Path, text: str):
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return load_study(folder / "study.toml")


def test_what_is_known_is_written_and_the_study_loads_at_once(folder):
    text, notes = draft_study(folder, None)
    study = load(folder, text)
    assert [s.id for s in study.samples] == ["HSE-Sm", "HSE-Sm_warm", "LCF"]
    kelvin = {r.name: r.temperature_k for r in study.rows["eis"]}
    assert kelvin["eis/HSE-Sm_-70C.mpt"] == pytest.approx(203.15)
    assert kelvin["eis/LCF_m40C.mpt"] == pytest.approx(233.15)
    assert kelvin["eis/LCF_RT.mpt"] == pytest.approx(298.15)
    assert kelvin["eis/HSE-Sm_warm.mpt"] is None
    assert [r.name for r in study.rows["lsv"]] == ["lsv/HSE-Sm_oxidation.mpt"]
    assert [(g.element, g.edge, g.mode, len(g.files)) for g in study.rows["xas"]] == [("Ta", "L3", "transmission", 3)]
    assert notes[0] == "18 files: 8 eis, 6 left out, 1 lsv, 3 xas"


def test_a_pattern_takes_in_the_broken_file_so_that_the_run_rejects_it(folder):
    text, _ = draft_study(folder, None)
    assert 'files = "eis/HSE-Sm_{temperature_c}C.mpt"   # 3 file(s): EC-Lab mpt PEIS' in text
    assert "the pattern takes in eis/HSE-Sm_60C.mpt, which cannot be read" in text
    assert "eis/HSE-Sm_60C.mpt" in [r.name for r in load(folder, text).rows["eis"]]


def test_the_temperature_of_an_external_input_is_left_to_the_file(folder):
    text, _ = draft_study(folder, None)
    assert "the temperature is the one that an external input recorded in the file" in text
    assert {r.name: r.temperature_k for r in load(folder, text).rows["eis"]}["eis/LCF_01.mpt"] is None


def test_everything_unknown_is_a_marked_question(folder):
    text, notes = draft_study(folder, None)
    asked = [line.strip().removeprefix("# ? ") for line in text.split("\n") if line.strip().startswith("# ? ")]
    assert f"{len(asked)} question(s)" in notes[-1]
    for start in (
        "pellet = {",
        "temperature_c = ?",
        "reference = {",
        "area_cm2 = ?",
        "shell = {",
        "corrections = {",
        "[xas_reference]",
    ):
        assert any(line.startswith(start) for line in asked), start
    assert any("203 °C beside" in line and "kelvin given as °C?" in line for line in asked)
    assert any('is this "HSE-Sm"?' in line for line in asked)


def test_what_is_left_out_is_listed_with_the_reason(folder):
    text, notes = draft_study(folder, None)
    said = text.split("# Left out: ")[1]
    for part in (
        "HSE-Sm_OCV.mpt: EC-Lab mpt OCV: not needed here",
        "LCF_01.mpt: a copy of eis/",
        "xas/HSE-Sm_Ta_4.dat: shows W L3 though its name says Ta",
        "notes é.txt: rows: no table of numbers",
    ):
        assert part in said
        assert any(part in note for note in notes)
    assert "results/" not in text
    assert ".hidden" not in text


def test_the_answered_study_loads(folder):
    text, _ = draft_study(folder, None)
    answers = {"thickness_mm": 0.55, "thickness_sigma_mm": 0.02, "diameter_mm": 10, "mass_mg": 120, "volts_vs_na": 0.08}
    answers["volts_vs_na_sigma"] = 0.01
    for key, value in answers.items():
        text = text.replace(f"{key} = ?", f"{key} = {value}")
    text = re.sub(r"# \? ((pellet|reference) = )", r"\1", text)
    text = re.sub(r"# \? temperature_c = \?", "temperature_c = 40", text)
    text = text.replace("# ? [xas_reference]", "[xas_reference]").replace('# ? "Ta L3" = "?"', '"Ta L3" = "HSE-Sm"')
    study = load(folder, text)
    assert all(s.pellet is not None for s in study.samples)
    assert study.rows["lsv"][0].conditions.volts_vs_na == 0.08
    assert all(r.temperature_k is not None or "LCF_01" in r.name for r in study.rows["eis"])


def test_the_rule_stands_in_the_file_and_can_be_changed(tmp_path):
    for name in ("A-1 at 203.mpt", "A-1 at 233.mpt", "B-1 at 203.mpt"):
        (tmp_path / name).write_text(peis(len(name) + ord(name[0]) + int(name[-6])), encoding="utf-8")
    rule = r"(?P<sample>\w)-\d at (?P<temperature_k>\d+)"
    text, _ = draft_study(tmp_path, rule)
    assert f"#   {rule}" in text
    study = load(tmp_path, text)
    assert [s.id for s in study.samples] == ["A", "B"]
    assert sorted(r.temperature_k for r in study.rows["eis"]) == [203.0, 203.0, 233.0]


@pytest.mark.parametrize(
    ("rule", "message"), [("(", "is no regular expression"), ("HSE", r"has no group \(\?P<sample>…\)")]
)
def test_a_wrong_rule_stops_at_once(folder, rule, message):
    with pytest.raises(StudyError, match=message):
        draft_study(folder, rule)


def test_no_folder_and_no_measurement_stop_at_once(tmp_path):
    with pytest.raises(StudyError, match="is no folder"):
        draft_study(tmp_path / "none", None)
    with pytest.raises(StudyError, match="no measurement among 0 files"):
        draft_study(tmp_path, None)


def test_of_text_and_binary_of_one_measurement_one_is_taken(tmp_path, monkeypatch):
    (tmp_path / "HSE_25C.mpt").write_text(peis(0), encoding="utf-8")
    (tmp_path / "HSE_25C.mpr").write_text(peis(1), encoding="utf-8")  # read as text: what counts here is the name
    text, notes = draft_study(tmp_path, None)
    assert [r.name for r in load(tmp_path, text).rows["eis"]] == ["HSE_25C.mpt"]
    assert any("HSE_25C.mpr: the same measurement as HSE_25C.mpt" in note for note in notes)


def test_names_of_every_script_and_quotes_survive(tmp_path):
    names = ["样品 一_-10C.mpt", 'Größe "x"_5C.mpt', "a'b_15C.mpt"]
    for i, name in enumerate(names):
        (tmp_path / name).write_text(peis(i), encoding="utf-8")
    text, _ = draft_study(tmp_path, None)
    tomllib.loads(text)
    assert sorted(r.name for r in load(tmp_path, text).rows["eis"]) == sorted(names)


def test_a_folder_raw_is_named_and_simulated_files_say_so(tmp_path):
    (tmp_path / "raw").mkdir()
    head = peis(0).replace("Nb header lines : 5\n\n", "Nb header lines : 6\n\nComments : SIMULATED\n")
    (tmp_path / "raw" / "A_5C.mpt").write_text(head, encoding="utf-8")
    study = load(tmp_path, draft_study(tmp_path, None)[0])
    assert study.raw == (tmp_path / "raw").resolve()
    assert study.simulated


def test_the_example_is_understood_whole(repo, tmp_path):
    shutil.copytree(repo / "raw_examples" / "raw", tmp_path / "raw")
    study = load(tmp_path, draft_study(tmp_path, None)[0])
    shipped = load_study(repo / "raw_examples" / "study.toml")
    mine = {r.name: (r.sample, r.temperature_k) for r in study.rows["eis"] if "warm" not in r.name}
    assert mine == {r.name: (r.sample, r.temperature_k) for r in shipped.rows["eis"] if "warm" not in r.name}
    assert {r.name for r in study.rows["lsv"]} == {r.name for r in shipped.rows["lsv"]}
    groups = {(g.sample, g.element, g.edge): set(g.files) for g in shipped.rows["xas"]}
    wrong_edge = {"xas/HSE-La_Ta_4.dat"}
    assert {(g.sample, g.element, g.edge): set(g.files) for g in study.rows["xas"]} == {
        k: v - wrong_edge for k, v in groups.items()
    }
