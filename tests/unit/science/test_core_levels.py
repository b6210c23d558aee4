"""Names of regions, and the pairs that theory ties."""

from __future__ import annotations

import pytest

from pipeline.science.core_levels import RATIOS, SPLITTINGS_EV, is_survey, level_name, level_of


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("S2p", "S 2p"), ("S 2p", "S 2p"), ("S2p scan", "S 2p"), ("S 2p3/2", "S 2p"), ("Sm_3d", "Sm 3d"), ("XPS C1s 2", "C 1s"),
        ("Ta4f_etch0", "Ta 4f"), ("Cl 2p 1/2", "Cl 2p"), ("Survey", ""), ("Wide", ""), ("Su1s", ""), ("Xx2p", ""), ("VB", ""),
        ("", ""), ("sample 2", ""),
    ],
)  # fmt: skip
def test_a_label_names_its_level(label: str, name: str) -> None:
    assert level_name(label) == name


def test_surveys() -> None:
    assert [is_survey(s) for s in ("Survey", "wide scan", "Su1s", "S2p")] == [True, True, True, False]


def test_ratios_are_those_of_the_degeneracies() -> None:
    for orbital, momentum in (("p", 1), ("d", 2), ("f", 3)):
        assert RATIOS[orbital] == pytest.approx(momentum / (momentum + 1))


def test_pairs_of_the_levels_of_the_lab() -> None:
    found = {n: level_of(n) for n in ("S 2p", "P 2p", "Cl 2p", "Sm 3d", "La 3d", "Ta 4f")}
    assert [v.splitting_ev for v in found.values()] == [1.18, 0.87, 1.60, 27.00, 16.78, 1.92]
    assert [round(v.ratio, 3) for v in found.values()] == [0.5, 0.5, 0.5, 0.667, 0.667, 0.75]
    assert all(level_of(n).splitting_ev is None for n in ("Na 1s", "O 1s", "C 1s", "Mn 2p", ""))
    assert all(level_name(n) == n for n in SPLITTINGS_EV)
