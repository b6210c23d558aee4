"""The room through its doors alone: study -> rows -> chain -> summary -> facts -> report; and what it takes for its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline.core.drafting import DraftFile, Drafting
from pipeline.core.flow import inspect_file, reduce_unit
from pipeline.core.report.gallery import Gallery
from pipeline.core.sample import RawFile, Recognition, Sample
from pipeline.core.technique import About, Record, Results, Settings, Summed, Work
from pipeline.techniques.sweeps.model import ComputedWindows, SweepFit, SweepRow, SweepSummary
from pipeline.techniques.sweeps.technique import TECHNIQUE

STUDY = TECHNIQUE.study()
SETTINGS = Settings(values=tuple(cls() for cls in TECHNIQUE.chain.settings.values()))
SAMPLE = Sample(id="HSE-Sm", crystalline_phase="a", amorphous_phase="b")
TABLE = {
    "files": "lsv/HSE-Sm_*.mpt",
    "reference": {"electrode": "Na15Sn4", "volts_vs_na": 0.08, "volts_vs_na_sigma": 0.01},
    "area_cm2": 0.785,
    "electrolyte_mg": 9.0,
    "carbon_mg": 1,
}


class Folder:
    """Two files, and what was said to be wrong."""

    names: Sequence[str] = ("lsv/HSE-Sm_oxidation.mpt", "lsv/HSE-Sm_reduction.mpt")

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.mistakes: list[str] = []

    def match(self, patterns: str | Sequence[str], where: str) -> Sequence[tuple[str, Mapping[str, float]]]:
        self.asked.append(f"{where}: {patterns}")
        return [(n, {}) for n in self.names]

    def load(self, name: str) -> RawFile:
        raise AssertionError(name)

    def mistake(self, where: str, problem: str) -> None:
        self.mistakes.append(f"{where}: {problem}")


def rows() -> list[SweepRow]:
    table = STUDY.table.model_validate_json(json.dumps(TABLE), strict=True)
    return list(STUDY.rows([table], SAMPLE, Folder()))


def load(repo: Path, name: str) -> RawFile:
    data = (repo / "raw_examples/raw" / name).read_bytes()
    return RawFile(name=name, data=data, size=len(data))


@pytest.fixture(scope="module")
def records(repo: Path) -> list[Record[SweepFit]]:
    return [
        reduce_unit(TECHNIQUE.chain, Work(row=row, settings=SETTINGS), lambda name: load(repo, name)) for row in rows()
    ]


@pytest.fixture(scope="module")
def summed(records: list[Record[SweepFit]]) -> Summed[SweepSummary]:
    option = STUDY.options["computed_window_v_vs_na"]
    given = TypeAdapter(option.type).validate_json('{"a": [1.5, 4.0], "b": [1, 3.9]}', strict=True)
    settings = Settings(values=(option.make(given), *(c() for c in TECHNIQUE.summing.settings.values())))
    fitted = tuple((r.sample, fit) for r in records for fit in r.results)
    results: Results[SweepFit, object] = Results(samples=(SAMPLE,), fitted=fitted, joined=())
    return TECHNIQUE.summing.summarize(results, settings)  # type: ignore[arg-type]


def test_a_table_becomes_a_row_per_file_in_si() -> None:
    folder = Folder()
    tables = [STUDY.table.model_validate(t) for t in ({"files": "x"}, TABLE)]
    bare, _, row, _ = STUDY.rows(tables, SAMPLE, folder)
    assert folder.asked == ["sample 'HSE-Sm'.lsv[0]: x", "sample 'HSE-Sm'.lsv[1]: lsv/HSE-Sm_*.mpt"]
    assert not folder.mistakes
    assert (row.name, row.sample, row.files) == (folder.names[0], "HSE-Sm", (folder.names[0],))
    c = row.conditions
    assert (c.reference_electrode, c.volts_vs_na, c.volts_vs_na_sigma) == ("Na15Sn4", 0.08, 0.01)
    assert (c.area_m2, c.electrolyte_kg, c.carbon_kg) == pytest.approx((0.785e-4, 9e-6, 1e-6))
    assert bare.conditions.volts_vs_na is None


@pytest.mark.parametrize(
    "table",
    [
        TABLE | {"area": 1},
        TABLE | {"area_cm2": 0},
        TABLE | {"area_cm2": "1"},
        TABLE | {"series_resistance_ohm": -1},
        TABLE | {"reference": {"electrode": "Na"}},
        {"area_cm2": 1},
    ],
)
def test_a_wrong_table_is_refused(table: object) -> None:
    with pytest.raises(ValidationError):
        STUDY.table.model_validate_json(json.dumps(table), strict=True)


def test_a_computed_window_rises() -> None:
    option = STUDY.options["computed_window_v_vs_na"]
    assert option.make({}) == ComputedWindows()
    with pytest.raises(ValidationError, match="the reduction limit comes first and lies below the oxidation limit"):
        TypeAdapter(option.type).validate_json('{"A": [4, 1]}', strict=True)


def test_from_file_to_fit(records: list[Record[SweepFit]]) -> None:
    assert [(r.n_measurements, len(r.results), r.rejected) for r in records] == [(1, 1, ())] * 2
    assert [f.checked.direction for r in records for f in r.results] == ["oxidation", "reduction"]
    masks = [m for r in records for m in r.masks]
    assert [(m.loop, m.part, m.mask.code) for m in masks] == [
        (1, "oxidation", "open_circuit"),
        (1, "reduction", "open_circuit"),
    ]
    assert all(o.verdict.code for r in records for f in r.results for o in f.onsets)


def test_from_fits_to_facts_and_their_cells(summed: Summed[SweepSummary]) -> None:
    (headline,) = (f for f in summed.facts if f.quantity == "width" and f.details["headline"])
    assert headline.value is not None
    assert headline.value.value == pytest.approx(2.15, abs=0.02)
    assert headline.details["computed_reduction_V_vs_Na"] == 1.5  # of both phases
    assert headline.details["computed_oxidation_V_vs_Na"] == 3.9
    assert all(f.verdict.code for f in summed.facts)
    report = TECHNIQUE.report()
    row = report.key.row(summed.facts)
    assert row["window_criterion"] == "j_1_uA_per_cm2"
    assert row["width_V"] == headline.value.value
    (cell,) = report.key.shown[0].cells(summed.facts)
    assert cell.notes == ("onset: 1 µA cm⁻²",)


def test_the_report_sees_the_summary_alone(summed: Summed[SweepSummary]) -> None:
    report = TECHNIQUE.report()
    assert {name: len(t.rows) for name, t in report.tables(summed.summary).items()} == {
        "lsv": 8, "windows": 4, "differences": 0
    }  # fmt: skip
    gallery = Gallery(simulated=True)
    (section,) = report.sections(summed.summary, About(study_name="s", simulated=True, samples=(SAMPLE,)), gallery)
    assert (section.id, len(section.parts), len(gallery.drawings)) == ("lsv", 1, 2)
    methods = report.methods(summed.summary)
    assert "residual bootstrap" in methods.paragraphs[0]
    assert "Efron" in methods.sources[0]
    assert report.methods(SweepSummary()).paragraphs == ()
    assert report.archive(summed.summary, About(study_name="s", simulated=True, samples=(SAMPLE,))) == {}


def test_a_file_alone_is_checked_without_a_study(repo: Path) -> None:
    raw = load(repo, "lsv/HSE-Sm_oxidation.mpt")
    known = TECHNIQUE.recognise(raw)
    assert known is not None
    work = Work(row=TECHNIQUE.alone(raw, known), settings=SETTINGS)
    (findings,) = inspect_file(TECHNIQUE.chain, work, raw)
    assert {f.field for f in findings} == {"reference", "mass", "mask"}


def text(head: str, *columns: str) -> bytes:
    return f"{head}\n".encode() + b"".join(
        ",".join(columns).format(i=i, e=1 + i / 10).encode() + b"\n" for i in range(12)
    )


def recognised(data: bytes, name: str = "A_25C.csv") -> Recognition | None:
    return TECHNIQUE.recognise(RawFile(name=name, data=data, size=len(data)))


def test_a_text_table_of_potential_and_current_is_a_sweep() -> None:
    known = recognised(text("E/V,I/A", "{e}", "1e-6"))
    assert known is not None
    assert (known.technique, known.format, known.confidence) == ("lsv", "delimited text", "guess")
    assert (known.n_rows, known.n_measurements) == (12, 1)
    assert (known.temperature_k, known.temperature_origin) == (298.15, "file name")


@pytest.mark.parametrize(
    "data",
    [
        text("freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm,E/V,I/A", "{e}", "10", "1", "{e}", "1e-6"),
        text("freq/Hz,|Z|/Ohm,Phase(Z)/deg,E/V,I/A", "{e}", "10", "-1", "{e}", "1e-6"),
        text("energy,mu", "{e}", "1"),
        text("E/V,time/s", "{e}", "{i}")[:0],
        bytes(range(256)) * 20,
        b"EC-LAB SETTING FILE\n",
    ],
    ids=["impedance", "polar", "absorption", "empty", "binary", "settings"],
)
def test_what_is_no_sweep_is_left_to_others(data: bytes) -> None:
    assert recognised(data) is None


@pytest.mark.parametrize(
    ("data", "field"), [(text("E/V,time/s", "{e}", "{i}"), "current"), (text("E/V,j/mA cm-2", "{e}", "1"), "j/mA cm-2")]
)
def test_a_table_with_a_potential_says_what_it_lacks(data: bytes, field: str) -> None:
    known = recognised(data)
    assert known is not None
    assert (known.technique, known.confidence, known.evidence) == ("unknown", "guess", "no reader knows it")
    (finding,) = known.findings
    assert (finding.severity, finding.field) == ("error", field)


def test_the_draft_asks_what_no_file_tells() -> None:
    known = Recognition(file="", technique="lsv", format="EC-Lab mpt", detail="CV", n_measurements=3)
    files = tuple(
        DraftFile(name=n, sample=s, known=known, left_out=why)
        for n, s, why in (("spectra/A.mpt", "A", ""), ("b.mpt", "A", "a copy of A"), ("c.mpt", "C", ""))
    )
    assert STUDY.draft("A", Drafting(files=files, name_rule=None)) == [
        "",
        "  [[sample.lsv]]",
        '  files = "spectra/A.mpt"   # 1 file(s), 3 sweeps: EC-Lab mpt CV',
        '  # ? reference = { electrode = "?", volts_vs_na = ?, volts_vs_na_sigma = ? }',
        "  # ? area_cm2 = ?",
        "  # ? electrolyte_mg = ?",
    ]
    assert list(STUDY.draft("", Drafting(files=files, name_rule=None))) == []


def test_the_declaration_is_cheap_to_import() -> None:
    code = "import sys, pipeline.techniques.sweeps.technique; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"scipy", "pandas", "matplotlib", "larch", "pydantic", "jinja2", "lmfit", "impedance"}
    assert heavy & set(done.stdout.split()) == set()
