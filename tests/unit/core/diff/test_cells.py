"""Two cells: numbers by their size, the words around them by their letters."""

from __future__ import annotations

import pytest

from pipeline.core.diff.cells import compare_cells, in_sigma, number


@pytest.mark.parametrize(
    ("before", "after", "relative"),
    [
        ("100", "110", 10 / 110),
        ("0.0", "-0.0", 0.0),
        ("", "nan", 0.0),
        ("", "1", float("inf")),
        ("inf", "1", float("inf")),
        ("R-factor 0.0040, 4 var", "R-factor 0.0050, 4 var", 0.2),
        ("a  b", "a b", 0.0),
        ("N = 6", "M = 6", float("inf")),
        ("2024-05-01", "2024-05-02", 0.5),
    ],
)
def test_how_far_cells_are_apart(before, after, relative):
    assert compare_cells(before, after)[0] == pytest.approx(relative)


def test_what_differs_is_shown():
    assert compare_cells("R 1.0, N 4", "R 1.0, N 5")[1:] == ("4", "5")
    _, before, after = compare_cells("same " * 50 + "old" + " rest" * 50, "same " * 50 + "new" + " rest" * 50)
    assert len(before) < 70
    assert before.replace("old", "new") == after
    assert (before[0], before[-1]) == ("…", "…")


def test_in_sigma():
    assert in_sigma("100", "110", "3", "4") == pytest.approx(2)
    assert in_sigma("110", "100", "3", "4") == pytest.approx(-2)
    for cells in (("", "1", "3", "4"), ("1", "2", "", "4"), ("1", "2", "0", "0"), ("few", "2", "3", "4")):
        assert in_sigma(*cells) is None


def test_what_python_alone_calls_a_number():
    assert number("1_000") is None
    assert number("1e3") == 1000
