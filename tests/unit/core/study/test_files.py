"""The raw folder of a study: what is listed, and temperatures in the wrong unit."""

from __future__ import annotations

import sys

import pytest

from pipeline.core.study.files import RawFolder, odd_temperature, walk_files


@pytest.mark.parametrize(
    ("kelvin", "celsius", "said"),
    [
        (203.15, True, ""),
        (333.15, True, ""),
        (203 + 273.15, True, "203 °C: kelvin given as °C? (if it is right, give temperature_k = 476.15)"),
        (298 + 273.15, True, "298 °C"),
        (203.0, False, ""),
        (473.0, False, ""),
        (25.0, False, "25 K: °C given as kelvin? (if it is right, give temperature_c = -248.15)"),
        (None, True, ""),
    ],
)
def test_a_temperature_in_the_wrong_unit(kelvin, celsius, said):
    found = odd_temperature(kelvin, celsius=celsius)
    assert found.startswith(said)
    assert bool(found) is bool(said)


def test_kelvin_in_names_read_as_celsius_is_a_mistake_with_the_number_of_files(tmp_path):
    for kelvin in (203, 233, 298):
        (tmp_path / f"HSE_{kelvin}.mpt").write_bytes(b"x")
    mistakes: list[str] = []
    folder = RawFolder(tmp_path, "study.toml", mistakes)
    folder.match("HSE_{temperature_c}.mpt", "sample 'HSE'.eis[0]")
    assert len(mistakes) == 1
    assert "'HSE_203.mpt' at 203 °C: kelvin given as °C?" in mistakes[0]
    assert mistakes[0].endswith("and 2 more")
    folder.match("HSE_{temperature_k}.mpt", "sample 'HSE'.eis[0]")
    assert len(mistakes) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_links_hidden_files_and_results_are_not_raw(tmp_path):
    for name in ("b/x.mpt", "a.mpt", ".git/x", "._a.mpt", "results/manifest.json", "results/tables/x.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "b" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "c").symlink_to(tmp_path / "d")
    (tmp_path / "d").symlink_to(tmp_path / "c")
    assert walk_files(tmp_path, "study.toml") == ["a.mpt", "b/x.mpt", "c", "d"]
