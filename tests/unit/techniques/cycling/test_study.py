"""The table of cells in a study: masses, parts, columns, files of one cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.core.sample import RawFile, Sample
from pipeline.techniques.cycling.study import STUDY, CyclingTable


class Folder:
    names: Sequence[str] = ("a.txt", "b.txt")

    def match(self, patterns: str | Sequence[str], where: str) -> Sequence[tuple[str, Mapping[str, float]]]:
        return [(n, {}) for n in self.names]

    def load(self, name: str) -> RawFile:
        raise AssertionError(name)

    def mistake(self, where: str, problem: str) -> None:
        raise AssertionError(problem)


def rows(**table: Any) -> list[Any]:
    return list(STUDY.rows([CyclingTable(files="*", **table)], Sample(id="A"), Folder()))


def test_the_active_share_of_a_composite() -> None:
    first, second = rows(
        composite_mass_mg=7.0, composite_mass_sigma_mg=0.1, mass_parts=[60, 40, 2], nominal_mah_g=120, area_cm2=0.785
    )
    assert first.cell.active_mass_mg == pytest.approx(7 * 60 / 102)
    assert first.cell.active_mass_sigma_mg == pytest.approx(0.1 * 60 / 102)
    assert first.cell.area_m2 == pytest.approx(0.785e-4)
    assert (first.files, second.files) == (("a.txt",), ("b.txt",))
    (other, _) = rows(composite_mass_mg=7.0, mass_parts=[40, 60, 2], active_part=2)
    assert other.cell.active_mass_mg == pytest.approx(7 * 60 / 102)


def test_files_of_one_cell_are_one_row() -> None:
    (row,) = rows(one_cell=True, active_mass_mg=4.1)
    assert row.files == ("a.txt", "b.txt")


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ({"composite_mass_mg": 7.0, "mass_parts": [60, 40], "active_mass_mg": 4.0}, "both given"),
        ({"composite_mass_mg": 7.0}, "needs mass_parts"),
        ({"mass_parts": [60, 40]}, "needs composite_mass_mg"),
        ({"composite_mass_mg": 7.0, "mass_parts": [60, 40], "active_part": 3}, "mass_parts has 2"),
        ({"columns": {"volts": "U"}}, "no role"),
        ({"columns": {"voltage": "U (V)"}}, "name voltage and current"),
        ({"nominal": 120}, "extra"),
        ({"first": "up"}, "charge"),
    ],
)
def test_mistakes_are_told(table: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        rows(**table)
