"""The example study: small, marked as simulated, complete, reproducible, and its truth is what the paper prints."""

from __future__ import annotations

import fnmatch
import json
import math
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

MAX_BYTES = 8_000_000
TECHNIQUES = ("eis", "lsv", "xas", "cycling", "xps")


@pytest.fixture(scope="module")
def folder(repo: Path) -> Path:
    return repo / "raw_examples"


@pytest.fixture(scope="module")
def study(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def written_again(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole study, simulated a second time."""
    out = tmp_path_factory.mktemp("again")
    command = [sys.executable, str(folder / "simulate.py"), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, cwd=out)
    return out


def names(raw: Path) -> list[str]:
    return sorted(p.relative_to(raw).as_posix() for p in raw.rglob("*") if p.is_file())


def patterns(study: dict[str, Any]) -> list[str]:
    return [t["files"] for s in study["sample"] for kind in TECHNIQUES for t in s.get(kind, [])]


def test_it_stays_small(folder: Path) -> None:
    assert sum((folder / "raw" / n).stat().st_size for n in names(folder / "raw")) < MAX_BYTES


def test_nobody_can_mistake_it_for_measured(folder: Path, study: dict[str, Any], truth: dict[str, Any]) -> None:
    assert study["simulated"] is True
    assert truth["simulated"] is True
    for name in names(folder / "raw"):
        assert b"SIMULATED" in (folder / "raw" / name).read_bytes()[:2048], name


def test_every_pattern_matches_and_every_file_is_in_the_study(folder: Path, study: dict[str, Any]) -> None:
    files = names(folder / "raw")
    claimed: set[str] = set()
    for pattern in patterns(study):
        found = fnmatch.filter(files, pattern.replace("{temperature_c}", "*[0-9]"))
        assert found, pattern
        claimed |= set(found)
    assert sorted(claimed) == files


def test_references_of_the_study_are_its_own_samples(study: dict[str, Any]) -> None:
    ids = {s["id"] for s in study["sample"]}
    assert set(study["xas_reference"].values()) <= ids
    assert set(study["computed_window_v_vs_na"]) <= ids
    for sample in study["sample"]:
        assert set(sample.get("phases", {}).values()) <= ids
        for table in sample.get("xas", []):
            known = "coordination" in table["shell"]
            assert known == (study["xas_reference"][table["edge"]] == sample["id"])


def test_what_it_must_hold(folder: Path) -> None:
    files = names(folder / "raw")
    for hse in ("HSE-Sm", "HSE-La"):
        assert len(fnmatch.filter(files, f"eis/{hse}_*[0-9]C.mpt")) >= 10
        assert len(fnmatch.filter(files, f"lsv/{hse}_*.mpt")) == 2
    for sample, edge in (("LCF-Ta", "Ta"), ("HSE-Sm", "Ta"), ("HSE-La", "Ta"), ("HCF-Sm", "Sm"), ("HSE-Sm", "Sm")):
        assert len(fnmatch.filter(files, f"xas/{sample}_{edge}_[123].dat")) == 3
    assert {n.rsplit(".", 1)[1] for n in fnmatch.filter(files, "cycling/*")} == {"xlsx", "txt", "mpt"}
    for sample in ("HSE-Sm", "HSE-La", "Na3PS4"):
        assert len(fnmatch.filter(files, f"cycling/{sample}_*")) == 1
        assert len(fnmatch.filter(files, f"xps/{sample}_*.vms")) == 2
    whole = [n for n in files if n.endswith(".mpt")]
    raw = {n: (folder / "raw" / n).read_bytes().decode("cp1252") for n in whole}
    assert {re.search(r"windows (v\S+)", t)[1] for t in raw.values() if "windows v" in t} >= {"v11.61", "v10.33"}  # type: ignore[index]
    assert "7,0000000E+006" in raw["eis/LCF-Ta_25C.mpt"]
    assert all("\r\n" in text for text in raw.values())


@pytest.mark.parametrize(
    ("sample", "millisiemens_per_cm"),
    [("HSE-Sm", 2.7), ("HSE-La", 1.8), ("LCF-Ta", 5.0e-2), ("HCF-Sm", 1.1e-4), ("HCF-La", 5.5e-5)],
)
def test_totals_are_those_of_the_paper(truth: dict[str, Any], sample: str, millisiemens_per_cm: float) -> None:
    known = truth["samples"][sample]["impedance"]
    length_cm, area_cm2 = known["thickness_mm"] / 10, math.pi * (known["diameter_mm"] / 10) ** 2 / 4
    at_25c = known["temperature_K"].index(298.15)
    sigma = length_cm / area_cm2 / known["total_resistance_ohm"][at_25c]
    assert sigma * 1e3 == pytest.approx(millisiemens_per_cm, rel=1e-9)
    line = known["arrhenius_total_sigma_T"]["conductivity_25C_S_per_cm"]
    assert line * 1e3 == pytest.approx(millisiemens_per_cm, rel=3e-3)


@pytest.mark.parametrize("sample", ["HSE-Sm", "HSE-La"])
def test_arcs_separate_in_the_cold_and_not_at_room_temperature(truth: dict[str, Any], sample: str) -> None:
    known = truth["samples"][sample]["impedance"]
    apex = np.array([known["regions"][r]["apex_Hz"] for r in ("bulk", "amorphous", "interface")])
    cold, room = known["temperature_K"].index(203.15), known["temperature_K"].index(298.15)
    assert np.all(apex[:-1, cold] / apex[1:, cold] > 20)
    assert apex[0, cold] < 7e6
    assert apex[0, room] > 3 * 7e6
    assert 4e3 <= known["total_resistance_ohm"][cold] <= 26e3
    c = [known["regions"][r]["specific_capacitance_F_per_cm"] for r in ("bulk", "amorphous", "interface")]
    assert c == sorted(c)


def test_the_window_and_the_shells_are_those_of_the_paper(truth: dict[str, Any]) -> None:
    of = truth["samples"]
    oxidation = [of[s]["lsv"]["oxidation"]["faradaic_onset_V_vs_Na"] for s in ("HSE-Sm", "HSE-La")]
    assert oxidation[0] - oxidation[1] == pytest.approx(0.150, abs=1e-9)
    assert all(2.37 <= of[s]["xas"]["Ta L3"]["distance_angstrom"] <= 2.40 for s in ("LCF-Ta", "HSE-Sm", "HSE-La"))
    assert all(2.8 <= of[s]["xas"]["Sm L3"]["distance_angstrom"] <= 2.9 for s in ("HCF-Sm", "HSE-Sm"))
    assert of["LCF-Ta"]["xas"]["Ta L3"]["bend_degree"] == 0
    assert all(10 <= of[s]["xas"]["Ta L3"]["bend_degree"] <= 15 for s in ("HSE-Sm", "HSE-La"))


@pytest.mark.parametrize(
    ("sample", "mah_per_g", "efficiency_percent", "retention_percent"),
    [("HSE-Sm", 117.9, 96.1, 88.3), ("HSE-La", 95.1, 85.8, 91.0)],
)
def test_cells_are_those_of_the_paper(
    truth: dict[str, Any], sample: str, mah_per_g: float, efficiency_percent: float, retention_percent: float
) -> None:
    known = truth["samples"][sample]["cycling"]
    assert known["active_mass_mg"] == pytest.approx(7 * 60 / 102)
    assert known["first_discharge_mAh_per_g"] == pytest.approx(mah_per_g, abs=0.01)
    assert known["first_efficiency_percent"] == pytest.approx(efficiency_percent, abs=0.005)
    assert known["retention_percent"] == pytest.approx(retention_percent)
    assert known["retention_after_cycles"] == 100
    rates = list(known["discharge_mAh_per_g_at_rate"].values())
    assert rates == sorted(rates, reverse=True)


def test_a_workbook_counts_what_its_current_moves(folder: Path, truth: dict[str, Any]) -> None:
    """The first discharge: rows of step 4 by hand, 0.1 C of 120 mAh/g and 4.118 mg."""
    sheet = zipfile.ZipFile(folder / "raw/cycling/HSE-Sm_cell1.xlsx").read("xl/worksheets/sheet2.xml").decode()
    rows = [re.findall(r"<v>(.*?)</v>", row) for row in sheet.split("<row>")]
    fourth = np.array([[float(v) for v in r] for r in rows if len(r) == 8 and r[2] == "4"])
    seconds, ma, mah = fourth[:, 4], fourth[:, 6], fourth[:, 7]
    assert ma.mean() == pytest.approx(-0.1 * 120 * 7e-3 * 60 / 102, rel=1e-3)
    assert -np.trapezoid(ma, seconds) / 3600 == pytest.approx(mah[-1], rel=1e-3)
    assert mah[-1] == pytest.approx(truth["samples"]["HSE-Sm"]["cycling"]["first_discharge_mAh"], abs=1e-6)


def test_impedance_files_hold_the_circuit_of_the_truth(folder: Path, truth: dict[str, Any]) -> None:
    known = truth["samples"]["HSE-La"]["impedance"]
    i = known["temperature_K"].index(243.15)
    text = (folder / "raw/eis/HSE-La_-30C.mpt").read_bytes().decode("cp1252")
    lines = text.split("\r\n")
    n = int(lines[1].split(":")[1])
    labels = lines[n - 1].split("\t")
    assert labels[:3] == ["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"]
    rows = np.array([[float(v) for v in line.split("\t")[:3]] for line in lines[n:] if line])
    w, z = 2j * np.pi * rows[:, 0], rows[:, 1] - 1j * rows[:, 2]
    model = w * known["inductance_H"] + known["contact_resistance_ohm"]
    model = model + 1 / (known["blocking_q"] * w ** known["blocking_exponent"])
    for region in known["regions"].values():
        r, n_cpe = region["resistance_ohm"][i], region["cpe_exponent"]
        q = (r * region["capacitance_F"]) ** n_cpe / r
        model = model + 1 / (1 / r + q * w**n_cpe)
    residual = (z - model) / np.abs(model)
    assert np.sqrt(np.mean(np.abs(residual) ** 2) / 2) == pytest.approx(0.003, rel=0.15)


def test_two_files_are_broken_and_one_has_no_temperature_as_told(
    folder: Path, truth: dict[str, Any], study: dict[str, Any]
) -> None:
    assert len(truth["broken"]) == 2
    assert list(truth["without_temperature"]) == ["eis/HSE-Sm_warm.mpt"]
    cut = (folder / "raw/eis/HCF-La_50C.mpt").read_bytes()
    assert b"freq/Hz" not in cut
    assert any(
        t == {"files": "eis/HSE-Sm_warm.mpt", "corrections": t["corrections"]} for t in study["sample"][0]["eis"]
    )
    scan = (folder / "raw/xas/HSE-La_Ta_4.dat").read_text(encoding="ascii")
    energy = [float(line.split(",")[1]) for line in scan.splitlines() if line.startswith("1,")]
    assert min(energy) > 9881 + 100


def content(path: Path) -> str:
    """The bytes as text; of a workbook those of its parts, which another zlib may pack otherwise."""
    if path.suffix != ".xlsx":
        return path.read_bytes().decode("latin-1")
    with zipfile.ZipFile(path) as archive:
        return "\n".join(f"{n}\n{archive.read(n).decode('latin-1')}" for n in archive.namelist())


def test_written_again_it_is_the_same(folder: Path, written_again: Path) -> None:
    assert names(written_again / "raw") == names(folder / "raw")
    for name in names(folder / "raw"):
        old, new = (content(base / "raw" / name) for base in (folder, written_again))
        if old == new:
            continue
        number = r"[-+]?\d+(?:[.,]\d+)?(?:E[-+]?\d+)?"
        assert re.sub(number, "#", old) == re.sub(number, "#", new), name
        a, b = ([float(v.replace(",", ".")) for v in re.findall(number, t)] for t in (old, new))
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-6, err_msg=name)
    assert (written_again / "study.toml").read_bytes() == (folder / "study.toml").read_bytes()


def test_the_simulation_knows_nothing_of_the_pipeline(folder: Path) -> None:
    for source in [folder / "simulate.py", *(folder / "simulation").glob("*.py")]:
        assert not re.search(r"^\s*(from|import) pipeline\b", source.read_text(encoding="utf-8"), re.MULTILINE)
