"""A study is read whole, or refused with every mistake at once and the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import StudyError
from pipeline.core.study.load import load_study

HEAD = 'schema = 1\nname = "Test"\n'
SAMPLE = '[[sample]]\nid = "A"\n'


def write(folder: Path, text: str, *files: str) -> Path:
    for name in ("raw/keep.txt", *(f"raw/{f}" for f in files)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    study = folder / "study.toml"
    study.write_text(text, encoding="utf-8")
    return study


def mistakes(folder: Path, text: str, *files: str) -> tuple[str, ...]:
    with pytest.raises(StudyError) as caught:
        load_study(write(folder, text, *files))
    assert all(line.startswith("study.toml: ") for line in caught.value.mistakes)
    return caught.value.mistakes


def test_geometry_files_and_temperatures_arrive_in_si(tmp_path):
    text = (
        HEAD
        + SAMPLE
        + "pellet = { thickness_mm = 0.55, thickness_sigma_mm = 0.02, diameter_mm = 10.0, mass_mg = 120.0 }\n"
        '[[sample.eis]]\nfiles = "eis/A_{temperature_c}C.mpt"\n'
        '[[sample.lsv]]\nfiles = "lsv/*.mpt"\nreference = { electrode = "Na15Sn4", volts_vs_na = 0.08 }\narea_cm2 = 0.785\n'
    )
    study = load_study(write(tmp_path, text, "eis/A_-70C.mpt", "eis/A_RTC.mpt", "eis/A_note.txt", "lsv/a.mpt"))
    pellet = study.samples[0].pellet
    assert pellet is not None
    assert (pellet.thickness_m, pellet.diameter_m, pellet.mass_kg) == pytest.approx((5.5e-4, 1e-2, 1.2e-4))
    assert pellet.relative_sigma == pytest.approx(0.02 / 0.55)
    assert [(r.name, r.temperature_k) for r in study.rows["eis"]] == [
        ("eis/A_-70C.mpt", 203.15),
        ("eis/A_RTC.mpt", 298.15),
    ]
    conditions = study.rows["lsv"][0].conditions
    assert (conditions.volts_vs_na, conditions.area_m2) == pytest.approx((0.08, 7.85e-5))
    assert set(study.layers.values()) == {"default"}


def test_a_temperature_log_goes_before_the_name_and_the_study_before_neither(tmp_path):
    text = HEAD + SAMPLE + '[[sample.eis]]\nfiles = "eis/A_{temperature_c}C.mpt"\ntemperatures = "eis/log.csv"\n'
    study = write(tmp_path, text, "eis/A_-70C.mpt", "eis/A_25C.mpt")
    (tmp_path / "raw/eis/log.csv").write_text("file,temperature_c\neis/A_-70C.mpt,-69.2\n", encoding="utf-8")
    rows = load_study(study).rows["eis"]
    assert [(r.temperature_k, r.temperature_origin) for r in rows] == [
        (pytest.approx(203.95), "log eis/log.csv"),
        (298.15, "file name"),
    ]


def test_all_mistakes_come_at_once_with_the_nearest_name(tmp_path):
    text = (
        HEAD + 'xas_reference = { "Ta L3" = "LCF" }\n' + SAMPLE
        + 'phases = { crystalline = "B" }\n[[sample.eis]]\nfiles = "eis/nothing_*.mpt"\n'
        '[[sample]]\nid = "A"\n[settings.eis.arcs]\nmax_arc = 3\n[settings.lsv.onset]\nbootstrap = 1\n'
        '[[review]]\nfile = "eis/absent.mpt"\n'
    )  # fmt: skip
    found = "\n".join(mistakes(tmp_path, text))
    for part in (
        "id 'A' is given twice",
        "phases.crystalline: no sample 'B' in this study",
        "xas_reference.'Ta L3': no sample 'LCF'",
        "xas_reference.'Ta L3': no scans at this edge",
        "no file matches 'eis/nothing_*.mpt'",
        "settings.eis.arcs.max_arc: unknown setting (did you mean 'max_arcs'?)",
        "settings.lsv.onset.bootstrap",
        "review[0].file: 'eis/absent.mpt' is not a file of this study",
    ):
        assert part in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema = 1\nname = 'x'\nsample = 3\n", "sample: input should be a valid list"),
        (HEAD + SAMPLE + "thickness = 5\n", "sample[0].thickness: unknown key"),
        (
            HEAD + SAMPLE + "pellet = { thicknes_mm = 1, diameter_mm = 1 }\n",
            "unknown key (did you mean 'thickness_mm'?)",
        ),
        (HEAD + SAMPLE + "pellet = { thickness_mm = -1, diameter_mm = 1 }\n", "greater than 0, got '-1'"),
        (HEAD + SAMPLE + '[[sample.xas]]\nfiles = "keep.txt"\nedge = "Ta"\n', "sample[0].xas[0].edge"),
        ("schema = 2\nname = 'x'\n" + SAMPLE, "schema: input should be 1"),
        (HEAD, "sample: is missing"),
        (HEAD + SAMPLE + "settings = 3\n", "sample[0].settings: unknown key"),
        ("settings = 3\n" + HEAD + SAMPLE, "settings: input should be a table"),
        ("name = \n", "not valid TOML"),
        ("raw = 'absent'\n" + HEAD + SAMPLE, "raw: no folder 'absent'"),
        (HEAD + '[[sample]]\nid = "a/b"\n', "sample[0].id"),
        (HEAD + SAMPLE + '[[sample.eis]]\nfiles = "keep.txt"\n[[sample.eis]]\nfiles = "*.txt"\n', "claimed twice"),
        (
            HEAD + SAMPLE + '[[sample.eis]]\nfiles = "keep.txt"\ntemperature_c = 1\ntemperature_k = 274.15\n',
            "temperature_c and temperature_k are both given",
        ),
        (
            HEAD + SAMPLE + '[[sample.eis]]\nfiles = "keep.txt"\ncorrections = { short = "absent.mpt" }\n',
            "corrections: no file 'absent.mpt'",
        ),
        (HEAD + "computed_window_v_vs_na = { A = [4, 1] }\n" + SAMPLE, "computed_window_v_vs_na"),
        (HEAD + SAMPLE + '[[sample.eis]]\nfiles = "keep.txt"\ntemperature_c = -300\n', "absolute zero"),
        (HEAD + SAMPLE + '[[sample.eis]]\nfiles = "keep.txt"\ntemperatures = "no.csv"\n', "no.csv"),
    ],
)
def test_one_mistake_is_named_with_its_place(tmp_path, text, message):
    assert message in "\n".join(mistakes(tmp_path, text))


LSV = '[[sample.lsv]]\nfiles = "keep.txt"\n'
EIS = '[[sample.eis]]\nfiles = "keep.txt"\n'


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (HEAD + SAMPLE + LSV + 'reference = { volts_vs_na = "0.08" }\n', "sample[0].lsv[0].reference.volts_vs_na"),
        (HEAD + SAMPLE + LSV + 'area_cm2 = "0.785"\n', "sample[0].lsv[0].area_cm2"),
        (HEAD + SAMPLE + 'pellet = { thickness_mm = "0.5", diameter_mm = 10 }\n', "sample[0].pellet.thickness_mm"),
        (HEAD + SAMPLE + 'x_lcf = "0.4"\n', "sample[0].x_lcf"),
        (HEAD + 'simulated = "yes"\n' + SAMPLE, "simulated"),
        (HEAD + 'computed_window_v_vs_na = { A = ["1", 4] }\n' + SAMPLE, "computed_window_v_vs_na.A[0]"),
        (HEAD + SAMPLE + EIS + '[[review]]\nfile = "keep.txt"\narcs = "3"\n', "review[0].arcs"),
        (HEAD + SAMPLE + '[settings.eis.arcs]\nmax_arcs = "3"\n', "settings.eis.arcs.max_arcs"),
        (HEAD + SAMPLE + '[settings.lsv.check]\nturn_v = "0.05"\n', "settings.lsv.check.turn_v"),
    ],
)
def test_a_number_written_as_text_is_refused_with_its_place_and_a_hint(tmp_path, text, field):
    (line,) = mistakes(tmp_path, text)
    assert line.startswith(f"study.toml: {field}: input should be a valid ")
    assert line.endswith("(write it without quotation marks)")


@pytest.mark.parametrize(
    "text",
    [
        HEAD + SAMPLE + LSV + "reference = { volts_vs_na = true }\n",
        HEAD + SAMPLE + LSV + "reference = { volts_vs_na = nan }\n",
        HEAD + SAMPLE + "pellet = { thickness_mm = inf, diameter_mm = 10 }\n",
        HEAD + SAMPLE + LSV + "area_cm2 = 2026-01-01\n",
        HEAD + SAMPLE + LSV + "[settings.lsv.check]\nmin_points = 20.5\n",
        "name = 2026-01-01\nschema = 1\n" + SAMPLE,
        HEAD + SAMPLE + '[[review]]\nfile = "a.mpt"\nmask_hz = [[1.0, inf]]\n',
    ],
)
def test_what_is_no_finite_number_is_refused(tmp_path, text):
    assert len(mistakes(tmp_path, text)) == 1


def test_whole_numbers_stand_for_decimal_ones_and_lists_for_pairs(tmp_path):
    text = (
        HEAD + "computed_window_v_vs_na = { A = [1, 4] }\n" + SAMPLE + "x_lcf = 1\n"
        "pellet = { thickness_mm = 1, diameter_mm = 10 }\n" + LSV + "reference = { volts_vs_na = 0 }\narea_cm2 = 1\n"
        '[[sample.eis]]\nfiles = "a.mpt"\n'
        '[settings.lsv.check]\nspike_sigmas = 9\n[[review]]\nfile = "a.mpt"\nmask_hz = [[50, 60]]\n'
    )  # fmt: skip
    study = load_study(write(tmp_path, text, "a.mpt"))
    assert study.rows["lsv"][0].conditions.volts_vs_na == 0.0
    assert study.options["computed_window_v_vs_na"].by_sample["A"] == (1.0, 4.0)
    assert study.settings["lsv.check"].spike_sigmas == 9.0
    assert study.reviews[0].mask_hz == ((50.0, 60.0),)


def test_a_missing_study_is_a_mistake_not_a_traceback(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        load_study(tmp_path / "study.toml")
    with pytest.raises(StudyError, match="cannot be read"):
        load_study(tmp_path)


def test_mistakes_of_the_form_and_of_the_names_come_together(tmp_path):
    text = (
        HEAD
        + SAMPLE
        + 'x_lfc = 0.4\nphases = { crystalline = "B" }\n'
        + '[[sample.eis]]\nfiles = "eis/none.mpt"\ntemperature_c = "cold"\n'
    )
    found = "\n".join(mistakes(tmp_path, text))
    for part in ("x_lfc: unknown key", "temperature_c: ", "no sample 'B'", "eis/none.mpt"):
        assert part in found, part


def test_a_table_that_carries_files_is_not_taken_out_to_look_further(tmp_path):
    text = (
        HEAD + SAMPLE + '[[sample.eiss]]\nfiles = "a.mpt"\n[[review]]\nfile = "a.mpt"\narcs = 1\nnote = "n"\nby = "P"\n'
    )
    assert mistakes(tmp_path, text, "a.mpt") == ("study.toml: sample[0].eiss: unknown key (did you mean 'eis'?)",)


@pytest.mark.parametrize(
    ("pellet", "message"),
    [
        (
            "thickness_mm = 550, diameter_mm = 10",
            "thickness_mm: 550 mm is no pellet's, which has 0.005 to 20 mm (550 µm would be",
        ),
        ("thickness_mm = 0.00055, diameter_mm = 10", "(0.00055 m would be thickness_mm = 0.55)"),
        ("thickness_mm = 0.55, diameter_mm = 0.01", "(0.01 m would be diameter_mm = 10)"),
        (
            "thickness_mm = 0.055, diameter_mm = 10, mass_mg = 120",
            "make 27.8 g/cm3, which no solid has (was a length given in cm",
        ),
        ("thickness_mm = 0.55, diameter_mm = 10, mass_mg = 0.12", "which no solid has"),
        ("thickness_mm = 6, diameter_mm = 1", "no disc between two electrodes"),
    ],
)
def test_a_pellet_that_nobody_can_have_pressed_stops_the_run(tmp_path, pellet, message):
    (line,) = mistakes(tmp_path, HEAD + SAMPLE + f"pellet = {{ {pellet} }}\n")
    assert line.startswith("study.toml: sample 'A'.pellet.")
    assert message in line


@pytest.mark.parametrize(
    "pellet", ["thickness_mm = 0.02, diameter_mm = 6", "thickness_mm = 10, diameter_mm = 13, mass_mg = 2500"]
)
def test_thin_and_thick_pellets_are_pellets(tmp_path, pellet):
    assert load_study(write(tmp_path, HEAD + SAMPLE + f"pellet = {{ {pellet} }}\n")).samples[0].pellet
