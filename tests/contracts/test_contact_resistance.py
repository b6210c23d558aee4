"""What the study says of a contact reaches the printed total: value, sigma and both ends."""

from __future__ import annotations

import csv
import math
import shutil

import pytest

from pipeline.core.batch.run import run_study

SIGMA_OHM = {"known": 0.0, "guessed": 2.0}
"""Of a contact of 0.5 ohm; the spectrum is the same."""


@pytest.fixture(scope="module")
def rows(tmp_path_factory, repo):
    folder = tmp_path_factory.mktemp("contact")
    (folder / "raw").mkdir()
    text = 'schema = 1\nname = "Contact"\n'
    for name, sigma in SIGMA_OHM.items():
        shutil.copy(repo / "raw_examples/raw/eis/HCF-Sm_25C.mpt", folder / f"raw/{name}_25C.mpt")
        text += f'[[sample]]\nid = "{name}"\n[[sample.eis]]\nfiles = "{name}_{{temperature_c}}C.mpt"\n'
        text += f"corrections = {{ contact_resistance_ohm = 0.5, contact_resistance_sigma_ohm = {sigma} }}\n"
    (folder / "study.toml").write_text(text, encoding="utf-8")
    run_study(folder / "study.toml", folder / "out")
    with (folder / "out/tables/spectra.csv").open(newline="", encoding="utf-8") as table:
        return {row["sample"]: row for row in csv.DictReader(table)}


def total(row, end=""):
    return float(row[f"total_resistance_ohm{end}"])


def test_the_contact_widens_the_printed_total(rows):
    known, guessed = rows["known"], rows["guessed"]
    sigma = math.hypot(total(known, "_sigma"), SIGMA_OHM["guessed"])
    assert total(guessed) == total(known)
    assert total(guessed, "_sigma") == pytest.approx(sigma)
    for end in ("_low95", "_high95"):
        off = (total(known, end) - total(known)) * sigma / total(known, "_sigma")
        assert total(guessed, end) == pytest.approx(total(known) + off)
