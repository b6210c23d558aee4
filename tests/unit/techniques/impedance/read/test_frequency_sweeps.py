"""Sweeps of frequency are told apart by the frequencies alone."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.impedance.read.frequency_sweeps import cut_sweeps

DOWN = np.geomspace(7e6, 1, 70)


@pytest.mark.parametrize(
    ("f", "cuts", "unsorted"),
    [
        (DOWN, [], False),
        (DOWN[::-1], [], False),
        (np.tile(DOWN, 3), [70, 140], False),
        (np.tile(DOWN[::-1], 2), [70], False),
        (np.concatenate([DOWN, DOWN[-2::-1]]), [70], False),
        (np.concatenate([DOWN, DOWN[::-1], DOWN]), [70, 140], False),
        (np.repeat(DOWN, 2), [], False),
        (np.concatenate([DOWN[:30], DOWN[[31, 30]], DOWN[32:]]), [], True),
        (np.random.default_rng(1).permutation(DOWN), [], True),
        (np.array([1e3, 1e2]), [], False),
        (np.array([1e3]), [], False),
        (np.full(9, 1e3), [], False),
    ],
    ids=[
        "down",
        "up",
        "three",
        "two up",
        "down up",
        "down up down",
        "repeats",
        "jitter",
        "shuffled",
        "two",
        "one",
        "same",
    ],
)
def test_cuts(f, cuts, unsorted):
    found, mixed = cut_sweeps(f)
    assert found.tolist() == cuts
    assert mixed is unsorted


def test_sweeps_of_different_length_and_of_slightly_other_frequencies():
    found, _ = cut_sweeps(np.concatenate([DOWN[:40], DOWN * 1.0003, DOWN[:20] * 0.9999]))
    assert found.tolist() == [40, 110]


def test_up_from_the_middle_and_down_beyond_is_one_spectrum():
    up, down = np.geomspace(1e3, 1e6, 15), np.geomspace(1e6, 0.1, 43)
    cuts, unsorted = cut_sweeps(np.concatenate([up, down]))
    assert cuts.size == 0
    assert unsorted
    whole = np.geomspace(0.1, 1e6, 43)  # the same range twice, for hysteresis: two spectra
    assert cut_sweeps(np.concatenate([whole, down]))[0].size == 1
