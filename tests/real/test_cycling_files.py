"""Real exports of Neware, Arbin, Maccor, PEC and BioLogic: charges against the testers' own, step by step."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.raw_files import load_raw
from pipeline.core.recognition import recognise
from pipeline.techniques.cycling.model import CellTest, Step
from tests.synthetic_cycling import reduce_cell

FILES = {
    "navani/00_test_02_MB_C01.mpr": ("EC-Lab mpr", 1, 11),
    "navani/00_test_04_MB_C01.mpr": ("EC-Lab mpr", 1, 1501),
    "navani/bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx": ("Arbin", 5, 4526),
    "navani/test.nda": ("Neware nda", 6, 439),
    "navani/test.ndax": ("Neware ndax", 4, 1464),
    "NewareNDA/2-1-6_61[07005012].nda": ("Neware nda", 1, 15567),
    "NewareNDA/46_1_5_60_ZZZZZZZZTEST_20250924092922.ndax": ("Neware ndax", 4, 84),
    "NewareNDA/TestFile.nda": ("Neware nda", 11, 6670),
    "NewareNDA/ZZZZZZZZTEST.ndax": ("Neware ndax", 1, 301),
    "cellpy/Test25205.csv": ("PEC", 2, 489),
    "cellpy/custom_data_003.xls": ("Neware", 29, 2943),
    "cellpy/maccor_three.txt": ("Maccor", 46, 4009),
    "cellpy/nw_regular_export_ife_example.csv": ("Neware", 81, 9295),
}


def cell(folder: Path, name: str) -> CellTest:
    path = folder / "cycling" / name
    if not path.is_file():
        pytest.skip(f"no {name} among the real exports")
    return reduce_cell(path.read_bytes(), name)


def off(steps: tuple[Step, ...], *kinds: str) -> np.ndarray:
    """Integral over counter less one, of the steps of these kinds that moved a charge."""
    chosen = [s for s in steps if s.kind in kinds and s.counted and s.capacity_mah > 0 and s.integral_mah is not None]
    return np.abs([(s.integral_mah or 0.0) / s.capacity_mah - 1 for s in chosen])


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_recognised_and_read(real_data: Path, name: str) -> None:
    path = real_data / "cycling" / name
    if not path.is_file():
        pytest.skip(f"no {name} among the real exports")
    known = recognise(load_raw(path, name))
    assert (known.technique, known.confidence) == ("cycling", "certain")
    assert (known.format, known.n_measurements, known.n_rows) == FILES[name]


def test_nothing_else_among_the_real_files_is_taken_for_a_test(real_data: Path) -> None:
    taken = []
    for path in sorted(real_data.rglob("*")):
        if path.is_file() and path.suffix != ".md" and "cycling" not in path.parts and path.stat().st_size:
            known = recognise(load_raw(path, path.relative_to(real_data).as_posix()))
            if known.technique == "cycling":
                taken.append((path.name, known.detail))
    assert all(any(word in detail for word in ("GCPL", "MB", "CP")) or "GCPL" in name for name, detail in taken), taken


@pytest.mark.parametrize("name", ["navani/00_test_02_MB_C01.mpr", "navani/00_test_04_MB_C01.mpr"])
def test_modulo_bat_against_its_counter(real_data: Path, name: str) -> None:
    test = cell(real_data, name)
    assert off(test.steps, "discharge", "constant voltage discharge").max() <= 1e-4


def test_neware_binary_integrals(real_data: Path) -> None:
    steps = (
        *cell(real_data, "NewareNDA/TestFile.nda").steps,
        *cell(real_data, "NewareNDA/46_1_5_60_ZZZZZZZZTEST_20250924092922.ndax").steps,
    )
    constant_current = off(steps, "charge", "discharge")
    constant_voltage = off(steps, "constant voltage charge")
    everything = np.concatenate([constant_current, constant_voltage])
    assert constant_current.max() <= 1e-5
    assert constant_voltage.max() <= 1.5e-3
    assert np.median(everything) <= 2e-5


@pytest.mark.parametrize(
    "name", ["2-1-6_61[07005012]", "46_1_5_60_ZZZZZZZZTEST_20250924092922", "TestFile", "ZZZZZZZZTEST"]
)
def test_neware_binary_against_its_reference_table(real_data: Path, name: str) -> None:
    import pandas as pd

    folder = real_data / "cycling" / "NewareNDA"
    reference = folder / f"{name}.ftr"
    if not reference.is_file():
        pytest.skip(f"no {name}.ftr among the real exports")
    frame = pd.read_feather(reference)
    suffix = ".nda" if (folder / f"{name}.nda").is_file() else ".ndax"
    test = cell(real_data, f"NewareNDA/{name}{suffix}")
    groups = [g for _, g in frame.groupby("Step", sort=True)]
    assert len(groups) == len(test.steps)
    for step, group in zip(test.steps, groups, strict=True):
        assert step.n_rows == len(group)
        last = group.iloc[-1]
        counted = max(abs(last["Charge_Capacity(mAh)"]), abs(last["Discharge_Capacity(mAh)"]))
        if step.direction is not None:
            assert step.capacity_mah == pytest.approx(counted, rel=2e-5)
        assert step.end_v == pytest.approx(float(last["Voltage"]), rel=1e-6)


def test_layered_csv_against_its_own_table_of_steps(real_data: Path) -> None:
    name = "cellpy/nw_regular_export_ife_example.csv"
    test = cell(real_data, name)
    counted = []
    with (real_data / "cycling" / name).open(encoding="latin-1", newline="") as stream:
        for row in csv.reader(stream):
            step = row[8:] if row and row[0].isdigit() else row[1:] if len(row) > 1 and row[1].isdigit() else []
            if step:
                counted.append(float(step[4]) * 1e3)
    assert len(counted) == len(test.steps) == 81
    pairs = [(s.capacity_mah, q) for s, q in zip(test.steps, counted, strict=True) if q > 0]
    assert max(abs(a - q) for a, q in pairs) <= 0.0051  # printed to 0.01 mAh
    assert np.median([abs(a / q - 1) for a, q in pairs]) <= 2e-5
    assert off(test.steps, "charge", "discharge").max() <= 5e-3  # the clock is of whole seconds
    assert len(test.cycles) == 20
    assert "implausible_efficiency" in test.cycles[0].verdict.code  # the cell was charged when the test began


def test_old_spreadsheet_against_its_own_sheet_of_steps(real_data: Path) -> None:
    test = cell(real_data, "cellpy/custom_data_003.xls")
    assert test.first == "discharge"
    first = test.cycles[0]
    assert first.discharge is not None
    assert first.charge is not None
    assert first.discharge.capacity_mah.value == pytest.approx(3.5241456666666666)
    assert first.charge.capacity_mah.value == pytest.approx(3.1196841666666666)
    assert first.discharge.energy_mwh == pytest.approx(0.3066851666666667, rel=1e-3)
    assert off(test.steps, "charge", "discharge").max() <= 1e-4


def test_arbin_counters_that_never_start_again(real_data: Path) -> None:
    test = cell(real_data, "navani/bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx")
    values = [c.discharge.capacity_mah.value for c in test.cycles if c.discharge is not None]
    assert values == pytest.approx([5.79803949, 5.25685524], rel=1e-5)
    assert test.steps[-1].kind == "aborted"  # three rows of a charge at the end of the file


def test_maccor_millivolts(real_data: Path) -> None:
    test = cell(real_data, "cellpy/maccor_three.txt")
    assert any("taken as mV" in f.problem for f in test.findings)
    assert len(test.cycles) == 15
    assert off(test.steps, "discharge").max() <= 1e-4
    assert all(c.verdict.level == "resolved" for c in test.cycles)


TWINS = {
    "yadg/gcpl.issue_226.CxN": [("charge", 0.0019987905), ("discharge", 0.0019616594)],
    "yadg/mb.issue_95": [("charge", 0.2778127945), ("discharge", 0.1805086488)],
    "InES_VMP3_SSB/20220309_(Form02C)EIS_charging_10bis16V_step_01V+(1C+EIS)50cycle_02_GCPL6_C08": [
        ("charge", 0.0004623449),
        ("constant voltage charge", 0.0226079363),
    ],
}


@pytest.mark.parametrize("name", TWINS)
def test_binary_and_text_of_biologic_say_the_same(real_data: Path, name: str) -> None:
    found = []
    for suffix in (".mpr", ".mpt"):
        path = real_data / "eis" / (name + suffix)
        if not path.is_file():
            pytest.skip(f"no {path.name} among the real exports")
        test = reduce_cell(path.read_bytes(), path.name)
        found.append([s for s in test.steps if s.direction is not None and s.kind != "pulse"])
    for binary, text in zip(*found, strict=True):
        assert binary.kind == text.kind
        assert (binary.start_v, binary.end_v) == pytest.approx((text.start_v, text.end_v), abs=1e-5)
    assert [(s.kind, pytest.approx(s.capacity_mah, rel=1e-6)) for s in found[0]] == TWINS[name]


def test_chronopotentiometry_is_at_constant_current_and_its_charge_is_i_t(real_data: Path) -> None:
    """0.25 A for 29 s are 2.016 mAh; dQ counts from the beginning of the sequence and must not be summed."""
    path = real_data / "eis/yadg/cp.issue_61.mpr"
    if not path.is_file():
        pytest.skip("no cp.issue_61.mpr among the real exports")
    test = reduce_cell(path.read_bytes(), path.name)
    assert test.steps[0].kind == "charge"
    assert test.steps[0].capacity_mah == pytest.approx(0.25031 * 29.002 / 3.6, rel=1e-3)
    assert off(test.steps, "charge").max() < 5e-3
