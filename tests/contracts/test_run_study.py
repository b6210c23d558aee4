"""What a study asks for arrives in the tables of its run: fixtures, reviews, windows, and what a dead worker leaves."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.small_study import BLOCKING, F, W, arc, impedance, row, rows, run_tables, sweep, write_study

SAMPLE = BLOCKING + arc(2e4, 1e-10)
EIS = '[[sample]]\nid = "{0}"\n[[sample.eis]]\nfiles = "{0}.csv"\ntemperature_c = 25.0\n'
QUICK = "[settings.eis.arcs]\nmax_arcs = 1\nstarts = 4\n"


def test_a_changed_short_or_open_is_fitted_again(tmp_path):
    """A: 300 ohm in series, of which the short holds 100, then 200. B: 130 pF, of which the open holds none, then 30."""
    raw = {
        "A.csv": impedance(300 + SAMPLE),
        "B.csv": impedance(1 / (1 / SAMPLE + W * 3e-11)),
        "short.csv": impedance(np.full(F.size, 100.0 + 0j)),
        "open.csv": impedance(1 / (W * 1e-16)),
    }
    text = EIS.format("A") + 'corrections = { short = "short.csv" }\n'
    text += EIS.format("B") + 'corrections = { open = "open.csv" }\n'
    study = write_study(tmp_path, text + QUICK, raw)
    out = run_tables(study)
    assert float(row(out, "spectra", sample="A")["series_resistance_ohm"]) == pytest.approx(200, abs=5)
    assert float(row(out, "arcs", sample="B")["capacitance_F"]) == pytest.approx(130e-12, rel=0.01)
    later = {"short.csv": impedance(np.full(F.size, 200.0 + 0j)), "open.csv": impedance(1 / (W * 3e-11))}
    for name, data in later.items():
        (tmp_path / "raw" / name).write_text(data)
    out = run_tables(study)
    assert float(row(out, "spectra", sample="A")["series_resistance_ohm"]) == pytest.approx(100, abs=5)
    assert float(row(out, "arcs", sample="B")["capacitance_F"]) == pytest.approx(100e-12, rel=0.01)


REVIEWS = """
[[review]]
file = "A.csv"
loop = 2
exclude = true
note = "cell moved"
by = "A. Person"
[[review]]
file = "A.csv"
loop = 3
mask_hz = [[2e5, 9e4], [45.0, 56.0]]
[[review]]
file = "B.csv"
exclude = true
"""


def test_a_person_leaves_out_a_loop_bands_of_another_and_a_whole_file(tmp_path):
    """Ten points a decade from 1 MHz: 9e4 to 2e5 Hz holds points 7 to 10, 45 to 56 Hz point 43 (50.1 Hz)."""
    raw = {"A.csv": impedance(SAMPLE, SAMPLE, SAMPLE), "B.csv": impedance(SAMPLE, SAMPLE)}
    out = run_tables(write_study(tmp_path, EIS.format("A") + EIS.format("B") + REVIEWS + QUICK, raw))
    assert [(r["file"], r["loop"], r["n_masked"]) for r in rows(out, "spectra")] == [
        ("A.csv", "1", "0"),
        ("A.csv", "3", "5"),
    ]
    masks = [(r["loop"], r["point_indices"], r["reason"]) for r in rows(out, "masks")]
    assert [m[:2] for m in masks] == [("3", "7 8 9 10"), ("3", "43")]
    assert all("left out by a person" in m[2] for m in masks)
    rejected = [(r["file"], r["stage"], r["field"], r["problem"]) for r in rows(out, "rejected")]
    assert rejected[0] == ("A.csv", "review", "exclude", "left out by A. Person: cell moved")
    assert [r[:3] for r in rejected] == [("A.csv", "review", "exclude"), ("B.csv", "review", "exclude")]
    decided = [(r["file"], r["loop"], r["exclude"], r["mask_hz"], r["by"]) for r in rows(out, "reviews")]
    assert decided == [
        ("A.csv", "2", "true", "", "A. Person"),
        ("A.csv", "3", "false", "90000 to 200000; 45 to 56", ""),
        ("B.csv", "", "true", "", ""),
    ]


WINDOWS = """
[computed_window_v_vs_na]
low = [0.64, 3.5]
high = [2.15, 3.91]
apart = [3.95, 4.2]
own = [0.5, 4.0]
[[sample]]
id = "low"
[[sample]]
id = "high"
[[sample]]
id = "apart"
"""
COMPOSITE = '[[sample]]\nid = "{0}"\nphases = {{ crystalline = "{1}", amorphous = "{2}" }}\n'
COMPOSITE += '[[sample.lsv]]\nfiles = "{0}.csv"\narea_cm2 = 0.5\n'


def test_a_composite_is_stable_where_both_of_its_phases_are(tmp_path):
    """The intersection of 0.64 to 3.5 V and 2.15 to 3.91 V; none where they do not meet; what is given stands."""
    names = {"both": ("low", "high"), "none": ("low", "apart"), "own": ("low", "high")}
    text = WINDOWS + "".join(COMPOSITE.format(name, *phases) for name, phases in names.items())
    out = run_tables(write_study(tmp_path, text, {f"{n}.csv": sweep(3.5, 4.5) for n in names}))

    def computed(sample: str) -> list[float | None]:
        columns = ("computed_reduction_V_vs_Na", "computed_oxidation_V_vs_Na", "computed_width_V")
        found = row(out, "windows", sample=sample, criterion="j_1_uA_per_cm2")
        return [float(found[c]) if found[c] else None for c in columns]

    assert computed("both") == [2.15, 3.5, pytest.approx(1.35)]
    assert computed("none") == [None, None, None]
    assert computed("own") == [0.5, 4.0, pytest.approx(3.5)]


DEADLY = """
import os
import sys


def die(event, args):
    if event == "open" and str(args[0]).endswith("deadly.csv"):
        os._exit(9)


sys.addaudithook(die)
"""


def test_a_worker_that_dies_takes_its_own_file_and_no_other(tmp_path, monkeypatch):
    """Every process that is started from here on ends at once where it opens one file."""
    names = ("first", "deadly", "last")
    study = write_study(
        tmp_path, "".join(map(EIS.format, names)) + QUICK, {f"{n}.csv": impedance(SAMPLE) for n in names}
    )
    hook = tmp_path / "hook" / "sitecustomize.py"
    hook.parent.mkdir()
    hook.write_text(DEADLY)
    monkeypatch.setenv("PYTHONPATH", str(hook.parent), prepend=os.pathsep)
    out = run_tables(study, jobs=2)
    refused = row(out, "rejected")
    assert (refused["file"], refused["stage"]) == ("deadly.csv", "run")
    assert "worker died" in refused["problem"]
    assert [r["sample"] for r in rows(out, "spectra")] == ["first", "last"]
    assert not any("no evidence was gathered" in r["region_reasons"] for r in rows(out, "arcs"))
