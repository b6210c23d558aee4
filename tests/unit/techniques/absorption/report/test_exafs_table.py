"""The table of shells: all that a paper has to state, and nothing that is unresolved."""

from __future__ import annotations

import csv
import io

from tests.archived_run import archive_files, summary


def test_the_table_states_what_a_paper_must_and_withholds_what_is_unresolved():
    rows = list(csv.DictReader(io.StringIO(archive_files(summary())["exafs.csv"].decode())))
    first, second = rows
    needed = (
        "e0_eV",
        "edge_step",
        "rbkg_angstrom",
        "window",
        "k_min",
        "k_max",
        "r_min",
        "r_max",
        "k_weights",
        "n_independent",
        "n_variables",
        "r_factor",
        "chi2_reduced",
        "correlations",
        "s02_origin",
        "feff_version",
        "structure",
        "scans_left_out",
    )
    assert all(first[name] for name in needed)
    assert float(first["coordination"]) == 9
    assert first["coordination_sigma"]
    assert second["coordination"] == ""
    assert second["verdict"] == "unresolved"


def test_a_table_with_a_shell_whose_reduction_is_missing():
    rows = list(csv.DictReader(io.StringIO(archive_files(summary(absorption=()))["exafs.csv"].decode())))
    assert rows[0]["distance_angstrom"] == "2.83"
