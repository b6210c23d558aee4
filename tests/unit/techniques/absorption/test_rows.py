"""What a review of absorption decides on, and which edge a scan should have."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pipeline.core.sample import Source
from pipeline.core.technique import Measurement
from pipeline.techniques.absorption.rows import EdgeRow, ScanReview


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group(Measurement):
    """One of a project."""

    label: str


def scan(loop: int, label: str = "a b") -> Group:
    return Group(source=Source(file="x.prj", format=""), loop=loop, label=label)


@pytest.mark.parametrize(
    ("review", "whole_file", "first", "second"),
    [
        (ScanReview(file="x.prj"), True, False, False),
        (ScanReview(file="x.prj", loop=2), False, False, True),
        (ScanReview(file="x.prj", group="a  b"), False, True, True),
        (ScanReview(file="x.prj", group="a"), False, False, False),
        (ScanReview(file="x.prj", group="a b", loop=9), False, True, True),
    ],
)
def test_a_review_is_of_a_file_of_a_scan_or_of_a_group(
    review: ScanReview, whole_file: bool, first: bool, second: bool
) -> None:
    assert (review.names(None), review.names(scan(1)), review.names(scan(2))) == (whole_file, first, second)
    assert review.decision() == ({"group": review.group} if review.group else {})


def test_the_study_says_the_edge_and_without_one_the_scan() -> None:
    mine = EdgeRow(name="A", sample="A", files=(), element="Ta", edge="L3")
    bare = EdgeRow(name="x", sample="", files=(), element="Ta", edge="L3")
    assert (mine.alone, mine.edge_of("Sm", "L2"), mine.edge_name) == (False, ("Ta", "L3"), "Ta L3")
    assert (bare.alone, bare.edge_of("Sm", "L2"), bare.edge_of(None, None)) == (True, ("Sm", "L2"), (None, None))
