"""Broken absorption files: answered by one line (file: field: problem), or read with the finding that names it."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.raw_files import load_raw
from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

E = np.concatenate([np.arange(9700, 9860, 10.0), np.arange(9860, 9920, 0.5), np.arange(9920, 10200, 4.0)])
MU = 0.4 + 1.2 / (1 + np.exp(-(E - 9881) / 1.5))
I0 = 1e5 * (1 + 1e-4 * (E - 9881))


def text(head: str, *columns: np.ndarray) -> bytes:
    return "\n".join([head, *(" ".join(f"{v:.8g}" for v in row) for row in zip(*columns, strict=True)), ""]).encode()


def read(data: bytes, name: str = "xas/a.dat", size: int | None = None, **settings) -> tuple[AbsorptionScan, ...]:
    return read_scans(RawFile(name=name, data=data, size=size or len(data)), XasReadSettings(**settings))


GOOD = text("# energy i0 i1", E, I0, I0 * np.exp(-MU))
PERL = b"# Athena project file -- Demeter version 0.9.25\n$old_group = 'a';\n@args = ('bkg_z','Ta');\n"
CASES = {
    "empty": (b"", "file: empty"),
    "blank": (b" \r\n\t\n\x00", "file: empty"),
    "header only": (b"# XDI/1.0\n# Element.symbol: Ta\n# ///\n# energy mu\n", "table: no columns of numbers"),
    "opposite signs": (text("# energy i0 i1", E, I0, -I0), "transmission: ln(i0/i1) gives no number"),
    "one point": (text("# energy mu", E[:1], MU[:1]), "rows: 1 points, fewer than 10"),
    "five points": (text("# energy mu", E[:5], MU[:5]), "rows: 5 points, fewer than 10"),
    "no numbers": (b"the quick brown fox\n" * 40, "table: no columns of numbers"),
    "binary with a text suffix": (bytes(range(256)) * 20, "file: binary"),
    "impedance": (text("freq/Hz Re(Z)/Ohm -Im(Z)/Ohm", *[np.geomspace(1, 7e6, 40)] * 3), "energy: no energy column"),
    "energies are all NaN": (text("# energy mu", np.full(40, np.nan), np.arange(40.0)), "energy: "),
    "energy does not change": (text("# energy i0 i1", np.full(40, 9900.0), np.ones(40), np.ones(40)), "energy: "),
    "energies are relative": (text("# energy mu", E - 9881, MU), "energy: -181 to 315 is no range"),
    "no detector": (text("# energy a b", E, I0, MU), "columns: no detectors or mu among energy, a, b"),
    "I0 is zero throughout": (text("# energy i0 i1", E, 0 * I0, I0), "detectors: i0: zero or no number throughout"),
    "I1 is zero throughout": (text("# energy i0 i1", E, I0, 0 * I0), "detectors: i1: zero or no number throughout"),
    "mu is NaN throughout": (
        text("# energy mu", E, np.full(E.size, np.nan)),
        "detectors: mu: zero or no number throughout",
    ),
    "a map": (b"# XDI/1.0\n# Outer.value: 1.0\n" + text("# energy mu", E, MU), "format: a map"),
    "calculated": (b" Feff6L 6.10\n" + text(" k real[2*phc] mag[feff]", E, MU, MU), "format: calculated by FEFF"),
    "project cut short": (gzip.compress(PERL * 200, mtime=0)[:90], "gzip: cut: the gzip stream has no end"),
    "project damaged": (b"\x1f\x8b\x08" + b"junk" * 50, "gzip: damaged"),
    "gzip of something else": (gzip.compress(b"hello " * 100, mtime=0), "format: packed, but no Athena project inside"),
    "project without groups": (gzip.compress(PERL, mtime=0), "groups: nothing to read: it holds no group"),
    "project with words for numbers": (
        gzip.compress(PERL + b"@x = ('a','b','c');\n@y = ('1','2','3');\n[record]\n"),
        "groups: nothing to read: group 'a': not all numbers",
    ),
    "project with unequal arrays": (
        gzip.compress(PERL + b"@x = ('1','2','3','4');\n@y = ('1','2');\n[record]\n"),
        "groups: nothing to read: group 'a': 4 energies and 2 values",
    ),
    "json project damaged": (
        b'{"_____header1": "# Athena project file -- Demeter version 0.9.26", ',
        "format: damaged JSON",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused_in_one_line(case):
    data, expected = CASES[case]
    with pytest.raises(ReadError) as caught:
        read(data)
    assert str(caught.value).startswith("xas/a.dat: ")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_refused_without_reading_it_whole():
    with pytest.raises(ReadError, match="size: 2000 MB is no absorption scan"):
        read(b"1 2 3\n" * 100, size=2_000_000_000)


def test_a_file_with_more_rows_than_any_scan_is_refused_early():
    with pytest.raises(ReadError, match="more than 200000 rows"):
        read(b"1 2\n" * 300_000)


def findings(data: bytes, **settings) -> str:
    return "; ".join(map(str, read(data, **settings)[0].findings))


def test_half_a_last_line_is_dropped_and_said():
    rows = "\n".join(["# energy mu", *(f"{e:.2f} {m:.6f}" for e, m in zip(E, MU, strict=True))])
    cut = rows[:-3].encode()
    assert "ends in the middle of a number" in findings(cut)
    assert read(cut)[0].energy_ev.size == E.size - 1
    assert read(rows.encode())[0].energy_ev.size == E.size


def test_a_row_that_ends_at_a_word_is_dropped_and_said():
    cut = GOOD.rstrip().rsplit(b" ", 1)[0]
    assert "the last row (line" in findings(cut)


def test_a_row_of_another_width_is_dropped_and_said():
    lines = GOOD.split(b"\n")
    lines.insert(40, b"9900 1 2 3 4")
    assert "1 rows without 3 numbers left out (first: line 41)" in findings(b"\n".join(lines))


def test_rows_without_an_energy_are_dropped_and_said():
    assert "1 rows without an energy left out" in findings(GOOD.replace(b"9740 ", b"nan "))


def test_i0_zero_at_some_points_is_a_nan_and_a_finding():
    i0 = I0.copy()
    i0[[20, 21]] = 0
    scan = read(text("# energy i0 i1", E, i0, I0 * np.exp(-MU)))[0]
    assert np.flatnonzero(np.isnan(scan.mu)).tolist() == [20, 21]
    said = "; ".join(map(str, scan.findings))
    assert "I0 is zero at 2 points" in said
    assert "2 points without a number" in said


def test_nan_and_inf_in_a_detector_are_kept_as_nan():
    i1 = I0 * np.exp(-MU)
    i1[[5, 9]] = np.nan, np.inf
    scan = read(text("# energy i0 i1", E, I0, i1))[0]
    assert np.flatnonzero(np.isnan(scan.mu)).tolist() == [5, 9]


def test_a_dead_element_is_named_and_the_others_are_used():
    names = "energy\tI0\tDXP:0:Ta\tDXP:1:Ta\tDXP:2:Ta"
    data = text(names, E, I0, 100 * MU, 0 * MU, 110 * MU)
    scan = read(data, mode="fluorescence")[0]
    assert "DXP:1:Ta is dead" in "; ".join(map(str, scan.findings))
    np.testing.assert_allclose(scan.mu, 210 * MU / I0, rtol=1e-6)


def test_a_detector_that_was_not_read_out_is_named():
    scan = read(text("# energy i0 i1 if", E, I0, 0 * I0, 100 * MU))[0]
    assert scan.mode == "fluorescence"
    assert "i1: zero or one value throughout; not used" in "; ".join(map(str, scan.findings))


def test_a_saturated_detector_is_suspected():
    i1 = np.minimum(I0 * np.exp(-MU), 4.2e4)
    assert "stands at its largest value 42000" in findings(text("# energy i0 i1", E, I0, i1))


def test_duplicated_columns_do_not_hide_each_other():
    data = text("# energy i0 roi1 roi1 roi2", E, I0, 100 * MU, 120 * MU, 110 * MU)
    scan = read(data, mode="fluorescence")[0]
    assert len(scan.detectors) == 3
    np.testing.assert_allclose(scan.mu, 330 * MU / I0, rtol=1e-6)


def test_normalised_data_are_said_to_be_so():
    assert "normalised already" in findings(text("# energy norm", E, MU))


def test_a_scan_without_an_edge_says_so():
    assert "none recognised" in findings(text("# energy mu", E, 1 - 1e-4 * E))


def test_the_mode_asked_for_must_be_in_the_file():
    with pytest.raises(ReadError, match="mode: asked for fluorescence, the file has transmission"):
        read(GOOD, mode="fluorescence")


@pytest.mark.parametrize("name", ["a b.dat", "Calibração.060", "χρονος.060", "みせる.dat", "السلام.dat", "x" * 180])
def test_paths_with_spaces_accents_and_other_scripts(tmp_path: Path, name):
    path = tmp_path / name
    path.write_bytes(GOOD)
    scan = read_scans(load_raw(path, name), XasReadSettings())[0]
    assert scan.source.file == name
    assert scan.element == "Ta"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 9, "is HDF5"),
        (b"PK\x03\x04" + bytes(range(256)) * 9, "is a zip archive (Artemis project, spreadsheet)"),
        (b"\xd0\xcf\x11\xe0" + bytes(range(256)) * 9, "is an old Office file"),
        (
            gzip.compress(b"##LARIX: 1.0\n<:a:>\n{" + b"x" * 900, mtime=0),
            "a larix session without a group of energy and mu",
        ),
        (b"##LARIX: 1.0 Larch Session File\n" + b"{}\n" * 300, "a larix session without a group of energy and mu"),
    ],
)
def test_files_of_other_programs_are_named(data, words):
    with pytest.raises(ReadError) as caught:
        read(data)
    assert words in caught.value.problem
    assert caught.value.hint
    known = recognise(RawFile(name="scan.dat", data=data, size=len(data)))
    assert words in known.findings[0].problem


ANGLE = np.degrees(np.arcsin(12398.42 / (2 * 3.13551 * E)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (text("", E, ANGLE, I0, I0 * np.exp(-MU)), "no detectors or mu among col1, col2, col3, col4"),
        (text("# energy ta_pristine ta_cycled", E, MU, MU), "no detectors or mu among energy, ta_pristine, ta_cycled"),
        (text("# Energy(eV) Transmission(%)", E, 100 * np.exp(-MU)), "no detectors or mu among Energy(eV)"),
        (text("# theta i0 i1", ANGLE, I0, I0 * np.exp(-MU)), "no energy column among theta, i0, i1"),
        (text("# mono1_energy ch1 ch2", E, I0, I0 * np.exp(-MU)), "no detectors or mu among mono1_energy, ch1, ch2"),
    ],
)
def test_energies_without_a_detector_that_is_told_are_refused_as_absorption(data, words):
    """Not with the words of another technique, whose columns would be of no help."""
    known = recognise(RawFile(name="scan.dat", data=data, size=len(data)))
    (finding,) = known.findings
    assert words in finding.problem
    assert "settings.xas.read" in finding.hint


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_project_does_not_depend_on_where_the_output_goes(monkeypatch, encoding):
    """Redirected output has an encoding of its own; labels in any script and every argument are read all the same."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    args = "'bkg_z','Ta','fft_edge','L3','label','Здравствуйте 玻璃','bkg_e0',undef,'bkg_clamp2','Rigid','bkg_eshift','-1.5'"
    rows = [",".join(f"'{v:.6f}'" for v in column) for column in (E, MU)]
    head = "# Athena project file -- Demeter version 0.9.25\n$old_group = 'a';\n"
    project = f"{head}@args = ({args});\n@x = ({rows[0]});\n@y = ({rows[1]});\n[record]\n"
    (scan,) = read(gzip.compress(project.encode()), name="p.prj")
    assert scan.label == "Здравствуйте 玻璃"
    assert scan.parameters["clamp_high"] == 96
    assert "e0_ev" not in scan.parameters
    np.testing.assert_allclose(scan.energy_ev, E - 1.5)
