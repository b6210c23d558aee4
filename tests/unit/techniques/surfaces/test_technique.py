"""The room through its doors alone: study -> rows -> chain -> states -> summary -> facts -> report."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from pipeline.core.drafting import DraftFile, Drafting
from pipeline.core.flow import inspect_file, join_group, reduce_unit
from pipeline.core.records import decode, encode
from pipeline.core.registry import techniques
from pipeline.core.report.gallery import Gallery
from pipeline.core.sample import RawFile, Recognition, Sample
from pipeline.core.technique import About, JointWork, Results, Settings, Summed, Work
from pipeline.core.values import Fact, Verdict
from pipeline.techniques.surfaces.model import SpectrumRow, SurfaceSummary
from pipeline.techniques.surfaces.technique import TECHNIQUE
from tests.synthetic_spectra import TWO, Species, expected, grid, vamas

STUDY = TECHNIQUE.study()
SETTINGS = Settings(values=tuple(cls() for cls in TECHNIQUE.chain.settings.values()))
SAMPLE = Sample(id="A")
REFERENCE = {"c1s_ev": 284.8, "c1s_sigma_ev": 0.1}
SULFUR = {
    "files": "A_*.vms",
    "region": "S2p",
    "state": "pristine",
    "components": [{"name": "PS4", "be_ev": [160.5, 162.5]}, {"name": "P-S-P", "be_ev": [162.5, 164.5]}],
    "reference": REFERENCE,
    "sensitivity": 1.68,
}
PHOSPHORUS = {"files": "A_*.vms", "region": "P 2p", "state": "pristine", "sensitivity": 1.19}


def file(seed: int, species: Sequence[Species]) -> bytes:
    rng, s, p, c = np.random.default_rng(seed), grid(), grid(128, 142), grid(280, 292)
    blocks = [
        ("S 2p", s, expected(s - 1.2, species, area=2e4)),
        ("P 2p", p, expected(p, [Species(share=1, be_ev=132, splitting_ev=0.87)], area=1e4)),
        ("C 1s", c, expected(c, [Species(share=1, be_ev=286, splitting_ev=0, ratio=0)], area=2e4)),
    ]
    return vamas([(label, e, rng.poisson(y).astype(float)) for label, e, y in blocks])


FILES = {"A_pristine.vms": file(1, [Species(share=1, be_ev=161.5)]), "A_4V.vms": file(2, TWO)}


class Folder:
    """Files of one state, and what was said to be wrong."""

    def __init__(self, *names: str) -> None:
        self.names: Sequence[str] = names or tuple(FILES)
        self.mistakes: list[str] = []

    def match(self, patterns: str | Sequence[str], where: str) -> Sequence[tuple[str, Mapping[str, float]]]:
        return [(n, {}) for n in self.names]

    def load(self, name: str) -> RawFile:
        raise AssertionError(name)

    def mistake(self, where: str, problem: str) -> None:
        self.mistakes.append(f"{where}: {problem}")


def load(name: str) -> RawFile:
    return RawFile(name=name, data=FILES[name], size=len(FILES[name]))


def tables(*given: object) -> list[object]:
    return [STUDY.table.model_validate_json(json.dumps(t), strict=True) for t in given]


def rows() -> list[SpectrumRow]:
    found: list[SpectrumRow] = []
    for name, state in (("A_pristine.vms", "pristine"), ("A_4V.vms", "4V")):
        some = [t | {"state": state} for t in (SULFUR, PHOSPHORUS)]
        found += STUDY.rows(tables(*some), SAMPLE, Folder(name))  # type: ignore[arg-type]
    return found


@pytest.fixture(scope="module")
def summed() -> Summed[SurfaceSummary]:
    records = [reduce_unit(TECHNIQUE.chain, Work(row=row, settings=SETTINGS), load) for row in rows()]
    assert not [r.rejected for r in records if r.rejected]
    (joint,) = TECHNIQUE.joint
    (group,) = joint.groups(rows(), [SAMPLE])
    assert (group.name, len(group.rows)) == ("A", 4)
    fits = decode(encode(tuple(f for r in records for f in r.results)))  # as they come back from their records
    work = JointWork(group=group, fitted=fits, earlier={}, settings=SETTINGS, cache=Path())
    joined = join_group(joint, work)
    assert not joined.rejected
    results = Results(
        samples=(SAMPLE,), fitted=tuple(("A", f) for f in fits), joined=tuple(("A", c) for c in joined.results)
    )
    return TECHNIQUE.summing.summarize(results, Settings())


def test_a_table_becomes_a_row_per_file_and_region() -> None:
    sulfur, phosphorus, *_ = rows()
    assert (sulfur.name, sulfur.region, sulfur.state) == ("A_pristine.vms S 2p", "S 2p", "pristine")
    assert [w.name for w in sulfur.wanted] == ["PS4", "P-S-P"]
    assert (sulfur.reference.c1s_ev, sulfur.reference.c1s_sigma_ev, sulfur.beside) == (284.8, 0.1, ())
    assert (phosphorus.region, phosphorus.wanted, phosphorus.sensitivity) == ("P 2p", (), 1.19)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"region": "surface"}, "no core level"),
        ({"region": ""}, "are of one region"),
        ({"components": [SULFUR["components"][0]] * 2}, "named twice"),  # type: ignore[index]
        ({"reference": {"c1s_ev": 284.8, "file": "nowhere.vms"}}, "no file 'nowhere.vms'"),
    ],
)
def test_mistakes_of_a_study_are_told(table: dict[str, object], words: str) -> None:
    folder = Folder()
    list(STUDY.rows(tables(SULFUR | table), SAMPLE, folder))  # type: ignore[arg-type]
    assert any(words in m for m in folder.mistakes)


@pytest.mark.parametrize(
    "table",
    [
        SULFUR | {"regions": "S 2p"},
        SULFUR | {"background": "polynomial"},
        SULFUR | {"components": [{"name": "a", "be_ev": [162, 160]}]},
        SULFUR | {"sensitivity": 0},
        {"region": "S 2p"},
    ],
)
def test_a_wrong_table_is_refused(table: object) -> None:
    with pytest.raises(ValidationError):
        STUDY.table.model_validate_json(json.dumps(table), strict=True)


def test_from_file_to_summary(summed: Summed[SurfaceSummary]) -> None:
    fits = [f for _, f in summed.summary.fits]
    assert [(f.region, f.state) for f in fits] == [
        ("S 2p", "pristine"), ("P 2p", "pristine"), ("S 2p", "4V"), ("P 2p", "4V")
    ]  # fmt: skip
    charged = {c.name: c for c in fits[2].components}
    assert charged["PS4"].area_fraction is not None
    assert charged["PS4"].area_fraction.value == pytest.approx(0.4, abs=0.01)
    assert charged["PS4"].binding_energy is not None
    assert charged["PS4"].binding_energy.value == pytest.approx(161.5, abs=0.03)
    (change,) = summed.summary.changes
    assert (change.from_state, change.to_state, change.together) == ("pristine", "4V", True)
    new = {c.component: c for c in change.changes}["P-S-P"]
    assert new.change is not None
    assert new.change.value == pytest.approx(0.6, abs=0.02)
    assert new.verdict.level == "resolved"


def test_facts_and_the_key_row(summed: Summed[SurfaceSummary]) -> None:
    quantities = {f.quantity for f in summed.facts}
    assert quantities == {"area_fraction", "binding_energy", "width", "area_fraction_change", "atomic_fraction"}
    assert all(f.verdict.code for f in summed.facts)
    key = TECHNIQUE.report().key
    row = key.row(summed.facts)
    assert abs(row["xps_largest_change"]) == pytest.approx(0.6, abs=0.02)
    assert row["xps_largest_change_of"].startswith("S 2p ")
    (cell,) = key.shown[0].cells(summed.facts)
    assert cell.verdict is not None
    assert key.row(()) == {}
    assert tuple(key.shown[0].cells(())) == ()


def test_where_nothing_can_change_the_key_row_has_the_limit(summed: Summed[SurfaceSummary]) -> None:
    """A species that is in neither state, beside the only one, which has no share that could change."""
    where = {"region": "Cl 2p", "component": "oxidised", "from_state": "pristine", "to_state": "4V"}
    absent = Verdict(level="unresolved", reason="in neither state does BIC ask for it", code="not_there")
    alone = Verdict(level="unresolved", reason="the only species", code="alone")
    common = {"sample": "A", "quantity": "area_fraction_change", "value": None}
    facts = (
        Fact(**common, verdict=absent, conditions=where, details={"upper95": 0.012}),  # type: ignore[arg-type]
        Fact(**common, verdict=alone, conditions=where | {"component": "chloride"}),  # type: ignore[arg-type]
    )
    key = TECHNIQUE.report().key
    assert key.row(facts) == {
        "xps_largest_change_of": "Cl 2p oxidised, pristine → 4V", "xps_verdict": "unresolved", "xps_upper95": 0.012
    }  # fmt: skip
    (cell,) = key.shown[0].cells(facts)
    assert cell.text == "at most 1.2"
    assert "xps_upper95" not in key.row(summed.facts)


def test_atomic_fractions_by_hand(summed: Summed[SurfaceSummary]) -> None:
    s, p = (a for a in summed.summary.atoms if a.state == "pristine")
    amounts = s.area_per_s.value / 1.68, p.area_per_s.value / 1.19
    assert s.atomic_fraction.value == pytest.approx(amounts[0] / sum(amounts))
    assert s.atomic_fraction.value + p.atomic_fraction.value == pytest.approx(1.0)
    assert s.atomic_fraction.sigma == pytest.approx(p.atomic_fraction.sigma)
    assert s.area_per_s.value == pytest.approx(2e4 / 0.5, rel=0.02)


def test_the_report_sees_the_summary_alone(summed: Summed[SurfaceSummary]) -> None:
    report = TECHNIQUE.report()
    made = report.tables(summed.summary)
    assert {name: len(t.rows) for name, t in made.items() if name != "xps_models"} == {
        "xps": 6, "xps_changes": 2, "xps_atoms": 4
    }  # fmt: skip
    for table in made.values():
        assert all(set(row) <= set(table.columns) for row in table.rows)
    absent = made["xps"].rows[1]
    assert (absent["component"], absent["verdict"]) == ("P-S-P", "unresolved")
    assert "area_fraction" not in absent
    assert 0 < absent["area_fraction_upper95"] < 0.05
    assert sum(row["chosen"] for row in made["xps_models"].rows) == 4
    gallery = Gallery(simulated=True)
    (section,) = report.sections(summed.summary, About(study_name="s", simulated=True, samples=(SAMPLE,)), gallery)
    assert (section.id, len(section.parts), len(gallery.drawings)) == ("xps", 1, 2)
    methods = report.methods(summed.summary)
    assert any("Shirley" in s for s in methods.sources)
    assert len(methods.paragraphs) == 2
    assert report.methods(SurfaceSummary()).paragraphs == ()
    assert report.sections(SurfaceSummary(), About(study_name="s", simulated=True, samples=()), gallery) == ()


def test_the_figure_keeps_its_numbers(summed: Summed[SurfaceSummary]) -> None:
    gallery = Gallery(simulated=True)
    TECHNIQUE.report().sections(summed.summary, About(study_name="s", simulated=True, samples=(SAMPLE,)), gallery)
    rows = csv.DictReader(io.StringIO(gallery.drawings[0].csv.decode()))
    names = {"counts", "background", "PS4", "P-S-P", "sum", "residuals"}
    assert names <= {row["series"] for row in rows}


def test_a_file_alone_is_checked_without_a_study() -> None:
    raw = load("A_4V.vms")
    known = TECHNIQUE.recognise(raw)
    assert known is not None
    work = Work(row=TECHNIQUE.alone(raw, known), settings=SETTINGS)
    found = inspect_file(TECHNIQUE.chain, work, raw)
    assert len(found) == 3
    assert all("no_reference" in {f.code for f in some} for some in found)


def test_a_draft_names_what_the_files_tell() -> None:
    known = Recognition(
        file="A_S2p.vms", technique="xps", format="VAMAS", detail="S 2p", subject="S 2p", n_measurements=1
    )
    drafting = Drafting(files=(DraftFile(name="A_S2p.vms", sample="A", known=known),), name_rule=None)
    lines = STUDY.draft("A", drafting)
    assert '  files = "A_S2p.vms"   # 1 file(s): VAMAS S 2p' in lines
    assert '  region = "S 2p"' in lines
    assert STUDY.draft("", drafting) == []


def test_the_declaration_is_quick_to_import() -> None:
    heavy = ("lmfit", "scipy", "pydantic", "matplotlib", "pandas")
    code = f"import sys, pipeline.techniques.surfaces.technique; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_two_rooms_count_by_one_word() -> None:
    """The page counts measurements by their noun: spectra of impedance and of photoelectrons were one number."""
    nouns = [noun for t in techniques().values() for noun in t.noun]
    assert len(set(nouns)) == len(nouns)
