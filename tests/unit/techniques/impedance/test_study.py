"""Tables of impedance in a study: rows, every mistake by its place, and the first draft."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.core.drafting import DraftFile, Drafting
from pipeline.core.sample import Recognition, Sample
from pipeline.core.study.files import RawFolder
from pipeline.core.technique import Settings
from pipeline.techniques.impedance.rows import Corrections, SpectrumReview, SpectrumRow
from pipeline.techniques.impedance.technique import TECHNIQUE

STUDY = TECHNIQUE.study()
CONTACT = "  # ? corrections = { contact_resistance_ohm = ?, contact_resistance_sigma_ohm = ? }   # of the shorted cell"


def rows_of(folder, *tables: Mapping[str, object], files=()) -> tuple[list[SpectrumRow], list[str]]:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    mistakes: list[str] = []
    raw = RawFolder(folder, "study.toml", mistakes)
    given = [STUDY.table.model_validate(table) for table in tables]
    return list(STUDY.rows(given, Sample(id="A"), raw)), mistakes


def test_the_log_goes_before_the_table_and_the_table_before_the_name(tmp_path):
    (tmp_path / "log.csv").write_text("file,temperature_c\na_1C.mpt,-69.2\n", encoding="utf-8")
    files = ("a_1C.mpt", "a_2C.mpt", "b.mpt", "c_RTC.mpt")
    rows, mistakes = rows_of(
        tmp_path,
        {"files": "a_{temperature_c}C.mpt", "temperatures": "log.csv"},
        {"files": "b.mpt", "temperature_k": 250},
        {"files": ["c_{temperature_c}C.mpt"]},
        {"files": "log.csv"},
        files=files,
    )
    assert mistakes == []
    assert [(r.name, r.temperature_k, r.temperature_origin) for r in rows] == [
        ("a_1C.mpt", pytest.approx(203.95), "log log.csv"),
        ("a_2C.mpt", 275.15, "file name"),
        ("b.mpt", 250.0, "study"),
        ("c_RTC.mpt", 298.15, "file name"),
        ("log.csv", None, ""),
    ]
    assert all((r.sample, r.files, r.beside) == ("A", (r.name,), ()) for r in rows)


def test_corrections_reach_the_row_and_their_files_stand_beside_it(tmp_path):
    corrections = {
        "contact_resistance_ohm": 0.5,
        "contact_resistance_sigma_ohm": 0.1,
        "short": "s.mpt",
        "open": "o.mpt",
    }
    (row,), mistakes = rows_of(
        tmp_path, {"files": "a.mpt", "corrections": corrections}, files=("a.mpt", "s.mpt", "o.mpt")
    )
    assert mistakes == []
    assert row.corrections == Corrections(contact_resistance_ohm=0.5, contact_resistance_sigma_ohm=0.1)
    assert (row.short, row.open, row.beside) == ("s.mpt", "o.mpt", ("s.mpt", "o.mpt"))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"files": "a_203.mpt", "temperature_c": 1, "temperature_k": 274.15},
            "sample 'A'.eis[0]: temperature_c and temperature_k are both given (keep one)",
        ),
        (
            {"files": "a_203.mpt", "temperature_c": -300},
            "sample 'A'.eis[0]: -26.85 K is no temperature of a cell (below absolute zero, or kelvin given as °C?)",
        ),
        (
            {"files": "a_203.mpt", "corrections": {"short": "absent.mpt"}},
            "sample 'A'.eis[0].corrections: no file 'absent.mpt' below raw",
        ),
        (
            {"files": "a_203.mpt", "temperatures": "no.csv"},
            "sample 'A'.eis[0].temperatures: no.csv: file: does not exist",
        ),
        (
            {"files": "a_203.mpt", "temperatures": "bad.csv"},
            "sample 'A'.eis[0].temperatures: bad.csv: line 2 needs the columns file and temperature_c (or temperature_k)",
        ),
        (
            {"files": "a_203.mpt", "circuit": "R0-p(R1,CPX1)"},
            "sample 'A'.eis[0].circuit: 'R0-p(R1,CPX1)': no element 'CPX' in 'CPX1' (did you mean CPE?)",
        ),
        (
            {"files": "a_203.mpt", "circuit": "R0-p(R1,CPE1)", "fixed": {"CPE1": 1.0}},
            "sample 'A'.eis[0].fixed: no parameter 'CPE1' (did you mean CPE1_1?)",
        ),
        (
            {"files": "a_203.mpt", "circuit": "R0-p(R1,CPE1)", "fixed": {"CPE1_1": 1.5}},
            "sample 'A'.eis[0].fixed: CPE1_1 = 1.5: between 0 and 1 is needed",
        ),
        (
            {"files": "a_203.mpt", "fixed": {"R0": 1.0}},
            "sample 'A'.eis[0].fixed: holds parameters of a circuit, and no circuit is given",
        ),
        ({"files": "absent.mpt"}, "sample 'A'.eis[0].files: no file matches 'absent.mpt'"),
    ],
)
def test_a_mistake_is_told_once_with_its_place(tmp_path, table, message):
    (tmp_path / "bad.csv").write_text("file,celsius\na_203.mpt,25\n", encoding="utf-8")
    _, (told,) = rows_of(tmp_path, table, files=("a_203.mpt", "a_298.mpt"))
    assert told.startswith(f"study.toml: {message}")


def test_no_temperature_is_too_high_and_a_name_tells_it_where_the_study_does_not(tmp_path):
    files = ("a_600C.mpt", "b_140deg.mpt", "c_25T_30RH.mpt", "d_298K.mpt", "e.mpt")
    rows, mistakes = rows_of(
        tmp_path, {"files": "a_{temperature_c}C.mpt"}, *({"files": name} for name in files[1:]), files=files
    )
    assert mistakes == []
    assert [(r.temperature_k, r.named_temperature_k, r.in_kelvin) for r in rows] == [
        (pytest.approx(873.15), None, False),
        (None, pytest.approx(413.15), False),
        (None, pytest.approx(298.15), False),
        (None, 298.0, True),
        (None, None, False),
    ]


def test_kelvin_in_names_is_right_where_the_pattern_says_so(tmp_path):
    rows, mistakes = rows_of(tmp_path, {"files": "a_{temperature_k}.mpt"}, files=("a_203.mpt",))
    assert (rows[0].temperature_k, mistakes) == (203.0, [])


def test_a_review_of_the_study_is_read_strictly_and_its_bands_put_in_order():
    from pydantic import TypeAdapter, ValidationError

    read = TypeAdapter(STUDY.review).validate_json
    assert read('{"file": "a", "mask_hz": [[60, 50]], "arcs": 2}', strict=True) == SpectrumReview(
        file="a", mask_hz=((50.0, 60.0),), arcs=2
    )
    for wrong in ('"arcs": 4', '"arcs": 0', '"mask_hz": [[0, 1]]', '"mask_hz": [[1]]', '"mask": 1'):
        with pytest.raises(ValidationError):
            read('{"file": "a", ' + wrong + "}", strict=True)


def test_a_circuit_of_a_review_is_read_before_the_run_starts():
    row = SpectrumRow(
        name="a",
        sample="A",
        files=("a",),
        reviews=(
            SpectrumReview(file="a", circuit="R0-p(R1,"),
            SpectrumReview(file="a", loop=2, circuit="R0-p(R1,C1)", arcs=2, fixed={"R0": 0.5}),
        ),
    )
    told = list(STUDY.mistakes([row], [Sample(id="A")], Settings()))
    assert told[0] == (
        "review of 'a'.circuit",
        "'R0-p(R1,': ends where an element with its number, like R1 or CPE2, was expected",
    )
    assert told[1:] == [("review of 'a'.arcs", "a number of arcs and a circuit are both given (keep one)")]
    assert row.reviews[1].decision() == {"arcs": 2, "circuit": "R0-p(R1,C1)", "fixed": "R0 = 0.5"}
    assert row.reviews[1].in_words() == ["2 arcs", "circuit R0-p(R1,C1)", "R0 = 0.5 held"]


def measured(name: str, sample: str = "A", **known) -> DraftFile:
    found = Recognition(
        file=name, technique="eis", format="EC-Lab mpt", detail="PEIS", **{"n_measurements": 1, **known}
    )
    return DraftFile(name=name, sample=sample, known=found)


def draft(*files: DraftFile, rule: str | None = None) -> list[str]:
    return list(STUDY.draft("A", Drafting(files=files, name_rule=rule)))


def test_a_pattern_takes_in_the_files_of_a_sample_and_asks_for_pellet_and_contact():
    assert draft(measured("A_-70C.mpt"), measured("A_25C.mpt", n_measurements=3), measured("B_25C.mpt", "B")) == [
        "# ? pellet = { thickness_mm = ?, thickness_sigma_mm = ?, diameter_mm = ?, mass_mg = ? }",
        "",
        "  [[sample.eis]]",
        '  files = "A_{temperature_c}C.mpt"   # 2 file(s), 4 spectra: EC-Lab mpt PEIS',
        CONTACT,
    ]
    assert draft(measured("B_25C.mpt", "B")) == []
    assert list(STUDY.draft("", Drafting(files=(measured("A_-70C.mpt"),), name_rule=None))) == []


def test_temperatures_inside_in_the_name_odd_and_unknown():
    lines = draft(
        measured("in.mpt", temperature_origin="external input"),
        measured("A_25C.mpt"),
        measured("A-5C.mpt"),
        measured("A_203K.mpt"),
        measured("A_298C.mpt"),
        measured("A_600C.mpt"),
        measured("A.mpt"),
    )
    text = "\n".join(lines)
    for part in (
        '  files = "in.mpt"   # 1 file(s): EC-Lab mpt PEIS\n'
        "  # the temperature is the one that an external input recorded in the file\n" + CONTACT,
        "  temperature_c = 25.0\n" + CONTACT,
        '  temperature_c = 5.0\n  # ? "A-5C.mpt": is the hyphen before the number a minus sign? It was taken as a separator\n',
        "  temperature_k = 203.0\n",
        '    "A.mpt",\n  ]   # 2 file(s): EC-Lab mpt PEIS\n  # ? temperature_c = ?   # or temperatures = "log.csv", a table',
        '  # ? "A_298C.mpt" says 298 °C beside -70.15 to 25 °C of other files: kelvin given as °C?',
        "  temperature_c = 600.0\n",
    ):
        assert part in text
    assert text.count("[[sample.eis]]") == text.count("corrections = ") == 6


def test_a_pattern_that_takes_in_another_sample_is_not_used_and_a_rule_of_the_user_reads_the_whole_path():
    other = DraftFile(name="A_40C.mpt", sample="B", known=measured("A_40C.mpt").known)
    assert not any("{temperature_c}" in line for line in draft(measured("A_-70C.mpt"), measured("A_25C.mpt"), other))
    rule = r"(?P<sample>[^/]+)/T(?P<temperature_k>\d+)"
    lines = draft(measured("A/T203.mpt"), measured("A/T298.mpt"), rule=rule)
    assert lines[3] == '  files = "A/T{temperature_k}.mpt"   # 2 file(s): EC-Lab mpt PEIS'
