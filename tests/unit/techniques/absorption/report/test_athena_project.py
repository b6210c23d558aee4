"""Athena's project: what is written can be read back bit for bit, under names that Athena itself writes."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from pipeline.instruments.athena.perl import parse, statements
from pipeline.techniques.absorption.report.athena_project import group_labels, project_args, project_text, quote
from tests.archived_run import E0, ENERGY, archive_files, read_back, reduction, shell, summary


def test_the_project_reads_back_bit_for_bit():
    files = archive_files(summary())
    for dialect, terms in (("athena", 3.0), ("larch", 2.0)):
        groups = read_back(files, f"{dialect}/Halide_heterostructures_1.prj")
        assert [g.label for g in groups] == ["HSE-Sm Sm L3", "玻璃 Sm L3", "結晶 Sm L3 2"]
        for group in groups:
            np.testing.assert_array_equal(group.energy_ev, ENERGY)
            np.testing.assert_array_equal(group.mu, reduction().mu)
            p = group.parameters
            assert (p["e0_ev"], p["edge_step"], p["rbkg_angstrom"], p["norm2_ev"], p["clamp_high"]) == (
                E0,
                0.7,
                1.1,
                480.0,
                24.0,
            )
            assert (p["n_norm"], p["edge_step_fixed"], p["k_weight"], p["window"]) == (terms, 1.0, 2.0, "hanning")
        assert (groups[0].parameters["r_min"], groups[0].parameters["r_max"]) == (1.5, 3.1)
        assert not [f for g in groups for f in g.findings]


@pytest.mark.parametrize(
    "text", ["plain", "it's", 'a "b"', "x => undef; (y)", "玻璃 $a @b \\n", "two\nlines", "emoji 😀", "", "undefundef"]
)
def test_quoted_text_is_ascii_on_one_line_and_means_the_same(text):
    quoted = quote(text)
    assert quoted.isascii()
    assert "\n" not in quoted
    assert "undef" not in quoted
    assert parse(quoted)[0] == text.replace("\n", " ")


def test_labels_stay_apart_for_readers_of_ascii_names():
    labels = group_labels([reduction("玻璃"), reduction("結晶"), reduction("a b"), reduction("a_b"), reduction("a b")])
    assert len(set(labels)) == 5
    assert sum(line.startswith("$old_group") for line in project_text([reduction()] * 30).splitlines()) == 30


def test_athena_itself_writes_every_parameter_that_the_project_holds(real_data):
    packed = (real_data / "xas/larch_examples/AthenaProjectFiles/ESRF_Athena0926.prj").read_bytes()
    text = gzip.decompress(packed).decode().replace("\r\n", "\n")
    words = next(value for name, value, _ in statements(text) if name == "args")
    known_elsewhere = {"is_chi", "fft_kw", "fft_arbkw"}  # of older projects: Athena skips them, larch wants the weight
    assert set(project_args(reduction(), shell(), "a", "athena")) <= set(words[::2]) | known_elsewhere
