"""The room of absorption through its own door: from a row to a fact, without the rest of the program."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.drafting import DraftFile, Drafting
from pipeline.core.flow import inspect_file, reduce_unit
from pipeline.core.sample import RawFile, Recognition, Sample
from pipeline.core.technique import Results, Settings, Work
from pipeline.core.values import Estimate, Fact, Verdict
from pipeline.techniques.absorption.model import AbsorptionSummary, EdgeRow, ReducedAbsorption, References, edge_sigma
from pipeline.techniques.absorption.technique import TECHNIQUE
from tests.reductions import reduction_used

RAW = Path(__file__).parents[4] / "raw_examples" / "raw"
DEFAULTS = Settings(tuple(cls() for cls in TECHNIQUE.chain.settings.values()))
STUDY = TECHNIQUE.study()
SAMPLE = Sample(id="LCF-Ta")


def load(name: str) -> RawFile:
    data = (RAW / name).read_bytes()
    return RawFile(name=name, data=data, size=len(data))


def made(text: str, name: str = "a.dat") -> RawFile:
    return RawFile(name=name, data=text.encode(), size=len(text))


class Folder:
    """Files of a raw folder as a study's tables see them: a pattern is a whole name."""

    def __init__(self, *names: str) -> None:
        self.names: Sequence[str] = names
        self.told: list[str] = []

    def match(self, patterns: str | Sequence[str], where: str) -> Sequence[tuple[str, Mapping[str, float]]]:
        wanted = [patterns] if isinstance(patterns, str) else patterns
        return [(name, {}) for name in self.names if name in wanted]

    def load(self, name: str) -> RawFile:
        raise AssertionError(name)

    def mistake(self, where: str, problem: str) -> None:
        self.told.append(f"{where}: {problem}")


@pytest.fixture(scope="module")
def reduced() -> ReducedAbsorption:
    names = ("xas/LCF-Ta_Ta_1.dat", "xas/LCF-Ta_Ta_2.dat", "xas/HSE-La_Ta_4.dat")
    row = EdgeRow(name="LCF-Ta Ta L3", sample="LCF-Ta", files=names, element="Ta", edge="L3", mode="transmission")
    record = reduce_unit(TECHNIQUE.chain, Work(row=row, settings=DEFAULTS), load)
    assert [(r.file, r.code) for r in record.rejected] == [("xas/HSE-La_Ta_4.dat", "edge_outside")]
    assert record.name == "LCF-Ta Ta L3"
    (result,) = record.results
    return result


def test_scans_go_from_bytes_to_chi(reduced):
    assert [s.used for s in reduced.scans] == [True, True]
    assert reduced.e0_ev == pytest.approx(9881, abs=15)
    assert reduced.settings.bkg_dk == 0.1
    assert reduced.k_max > 10


def test_a_reduction_publishes_its_edge(reduced):
    results = Results(samples=(SAMPLE,), fitted=(("LCF-Ta", reduced),), joined=())
    summed = TECHNIQUE.summing.summarize(results, Settings())
    assert summed.summary.absorption == (reduced,)
    facts = {f.quantity: f for f in summed.facts}
    assert set(facts) == {"e0", "edge_step", "white_line", "white_line_area"}
    e0 = facts["e0"]
    assert e0.conditions == {"edge": "Ta L3"}
    assert e0.source == ("xas/LCF-Ta_Ta_1.dat", "xas/LCF-Ta_Ta_2.dat")
    assert e0.value is not None
    assert (e0.value.value, e0.value.unit) == (reduced.e0_ev, "eV")
    assert facts["edge_step"].value is reduced.edge_step


def test_the_order_of_the_study_rules(reduced):
    samples = (Sample(id="b"), Sample(id="a"))
    fitted = tuple((s, replace(reduced, sample=s, edge=e)) for s, e in (("a", "L3"), ("b", "L3"), ("b", "L2")))
    summary = TECHNIQUE.summing.summarize(Results(samples=samples, fitted=fitted, joined=()), Settings()).summary
    assert [(r.sample, r.edge) for r in summary.absorption] == [("b", "L2"), ("b", "L3"), ("a", "L3")]


def test_sigma_of_an_edge_by_hand(reduced):
    """Scans at 1, 2 and 6 eV: s = sqrt(7), u = sqrt(7/3); alignment known to 0.4 eV in one of three: sqrt(0.16/3)."""
    scan = reduced.scans[0]
    scans = [replace(scan, e0_ev=9880.0 + e, shift_sigma_ev=s) for e, s in ((1, 0.0), (2, 0.0), (6, 0.4))]
    out = replace(scan, e0_ev=9999.0, used=False, code="differs")
    sigma = edge_sigma((*scans, out))
    assert sigma == pytest.approx(np.sqrt(7 / 3 + 0.16 / 3))
    assert edge_sigma((scan,)) == 0.0


def tables(*given: Mapping[str, object]) -> list[object]:
    return [STUDY.table.model_validate(t) for t in given]


def test_tables_of_one_edge_are_one_row():
    folder = Folder("a.dat", "b.dat", "c.dat", "TaCl3.cif")
    given = tables(
        {
            "files": ["a.dat", "b.dat"],
            "edge": "Ta L3",
            "mode": "transmission",
            "shell": {"coordination": 6, "structure": "TaCl3.cif"},
        },
        {"files": ["b.dat", "c.dat"], "edge": "Ta L3"},
        {"files": "a.dat", "edge": "Sm L3"},
    )
    ta, sm = STUDY.rows(given, SAMPLE, folder)
    assert (ta.name, ta.files, ta.beside) == ("LCF-Ta Ta L3", ("a.dat", "b.dat", "c.dat"), ("TaCl3.cif",))
    assert (ta.mode, ta.coordination, ta.structure) == ("transmission", 6, "TaCl3.cif")
    assert (sm.name, sm.element, sm.edge, sm.beside) == ("LCF-Ta Sm L3", "Sm", "L3", ())
    assert folder.told == []
    groups = list(TECHNIQUE.joint[0].groups((sm, ta, replace(sm, sample="x")), ()))
    assert [(g.name, len(g.rows), g.beside) for g in groups] == [("Sm L3", 2, ()), ("Ta L3", 1, ("TaCl3.cif",))]


def test_a_structure_that_is_not_there_is_a_mistake_of_the_study():
    folder = Folder("a.dat", "TaCl3.cif")
    list(STUDY.rows(tables({"files": "a.dat", "edge": "Ta L3", "shell": {"structure": "TaCl5"}}), SAMPLE, folder))
    assert folder.told == [
        "sample 'LCF-Ta'.xas[0].shell.structure: 'TaCl5' is neither a CIF file below raw nor a built-in model "
        "(did you mean 'TaCl6'?)"
    ]


def test_a_reference_must_be_a_sample_with_scans_at_its_edge():
    row = EdgeRow(name="LCF-Ta Ta L3", sample="LCF-Ta", files=("a.dat",), element="Ta", edge="L3")
    option = STUDY.options["xas_reference"].make({"Ta L3": "LFC-Ta", "Ta L2": "LCF-Ta"})
    assert option == References(by_edge={"Ta L3": "LFC-Ta", "Ta L2": "LCF-Ta"})
    assert list(STUDY.mistakes([row], [SAMPLE], Settings((option,)))) == [
        ("xas_reference.'Ta L3'", "no sample 'LFC-Ta' in this study (did you mean 'LCF-Ta'?)"),
        ("xas_reference.'Ta L2'", "no scans at this edge in the study (did you mean 'Ta L3'?)"),
    ]


def test_a_scan_is_recognised_and_what_belongs_to_others_is_not():
    known = TECHNIQUE.recognise(load("xas/LCF-Ta_Ta_1.dat"))
    assert known is not None
    assert (known.technique, known.subject, known.not_measured) == ("xas", "Ta L3", "")
    assert TECHNIQUE.recognise(load("eis/HCF-La_25C.mpt")) is None
    assert TECHNIQUE.recognise(made("EC-LAB SETTING FILE\n", "a.mps")) is None


def test_energies_without_detectors_are_told_by_a_code():
    rows = "".join(f"{8900 + i} {i % 7} {i % 5}\n" for i in range(40))
    known = TECHNIQUE.recognise(made("# energy ta_pristine ta_cycled\n" + rows))
    assert known is not None
    assert (known.technique, known.confidence) == ("unknown", "guess")
    assert known.evidence == "energies, but no detector that is told from the others"
    assert [f.code for f in known.findings] == ["detectors_unknown"]
    angles = "".join(f"{12 + i / 100} {100 + i % 7} {50 + i % 5}\n" for i in range(40))
    known = TECHNIQUE.recognise(made("# theta i0 i1\n" + angles))
    assert known is not None
    assert (known.evidence, known.findings[0].code) == ("detectors without energies", "energies_missing")


def test_a_file_without_a_study_is_checked_at_its_own_edge():
    raw = load("xas/HSE-La_Ta_4.dat")  # whose name says Ta
    known = TECHNIQUE.recognise(raw)
    assert known is not None
    row = TECHNIQUE.alone(raw, known)
    assert (row.alone, row.edge_name) == (True, "W L3")
    (found,) = inspect_file(TECHNIQUE.chain, Work(row=row, settings=DEFAULTS), raw)
    assert not [f for f in found if f.severity == "error"]


def test_chi_and_an_unknown_edge_pass_without_a_study():
    k = np.arange(0.0, 12.0, 0.05)
    raw = made("# k chi\n" + "\n".join(f"{a:.2f} {np.sin(5 * a) / (1 + a):.6f}" for a in k))
    known = TECHNIQUE.recognise(raw)
    assert known is not None
    assert (known.detail, known.not_measured) == ("chi(k)", "X-ray absorption, but no edge recognised")
    (found,) = inspect_file(TECHNIQUE.chain, Work(row=TECHNIQUE.alone(raw, known), settings=DEFAULTS), raw)
    assert not [f for f in found if f.severity == "error"]


def test_the_draft_asks_for_what_no_file_says():
    def file(number: int, sample: str = "LCF-Ta") -> DraftFile:
        name = f"xas/{sample}_Ta_{number}.dat"
        known = Recognition(
            file=name, technique="xas", format="text", detail="transmission", subject="Ta L3", n_measurements=2
        )
        return DraftFile(name=name, sample=sample, known=known)

    drafting = Drafting(files=(file(1), file(2), replace(file(3), left_out="a copy")), name_rule=None)
    assert list(STUDY.draft("", drafting)) == [
        "",
        "# ? which sample calibrates S02 and is the undistorted reference?",
        "# ? [xas_reference]",
        '# ? "Ta L3" = "?"',
    ]
    assert list(STUDY.draft("LCF-Ta", drafting)) == [
        "",
        "  [[sample.xas]]",
        '  files = [\n    "xas/LCF-Ta_Ta_1.dat",\n    "xas/LCF-Ta_Ta_2.dat",\n  ]   # 2 file(s), 4 scans: text transmission',
        '  edge = "Ta L3"',
        '  mode = "transmission"',
        '  # ? shell = { scatterer = "Cl", coordination = ? }   # coordination only where it is known',
    ]
    assert list(STUDY.draft("other", drafting)) == []
    assert list(STUDY.draft("", Drafting(files=(), name_rule=None))) == []


def fact(quantity: str, value: float | None, level: str = "resolved", **conditions: str) -> Fact:
    estimate = None if value is None else Estimate(value=value, sigma=0.004, unit="angstrom")
    verdict = Verdict(level=level, reason="R-factor 0.2", code="r_factor")  # type: ignore[arg-type]
    return Fact(sample="S", quantity=quantity, value=estimate, verdict=verdict, conditions=conditions)


def test_facts_become_the_cells_of_the_key_table():
    key = TECHNIQUE.report().key
    facts = [
        fact("e0", 9881.0, edge="Ta L3"),
        fact("distance", 2.368, edge="Ta L3", shell="Ta-Cl"),
        fact("distance", 2.86, "unresolved", edge="Sm L3", shell="Sm-Cl"),
        fact("ms_to_ss_change", -0.331, edge="Ta L3", reference="LCF-Ta"),
    ]
    assert key.row(facts) == {
        "distances_angstrom": "Ta-Cl 2.3680 ± 0.0040; Sm-Cl —",
        "distances_verdict": "resolved; unresolved",
        "distortion": "Ta L3 -33.10 ± 0.40 %",
        "distortion_verdict": "resolved",
    }
    assert set(key.row(facts)) == set(key.columns)
    shells, changes = ([(c.text, c.notes) for c in column.cells(facts)] for column in key.shown)
    assert shells == [("Ta–Cl: 2.3680 ± 0.0040", ()), ("Sm–Cl: —", ("R-factor 0.2",))]
    assert changes == [("Ta L3: -33.10 ± 0.40", ())]
    assert key.row([]) == {}


def test_nothing_measured_leaves_nothing_to_say():
    report = TECHNIQUE.report()
    empty = AbsorptionSummary()
    assert report.methods(empty).paragraphs == ()
    assert {name: len(table.rows) for name, table in report.tables(empty).items()} == {
        "xas_scans": 0,
        "exafs": 0,
        "exafs_ixs": 0,
        "distortion": 0,
        "xanes": 0,
    }


def test_what_was_used_is_listed_by_name():
    listed = reduction_used(from_project=("dk", "k_max"), calibrated=True).listed()
    assert list(listed) == sorted(listed)
    assert (listed["n_norm"], listed["bkg_dk"], listed["nvict"]) == (2.0, 0.1, 0.0)
    assert (listed["calibrated"], listed["from_project"]) == ("yes", "dk, k_max")
    assert "from_project" not in reduction_used().listed()


def test_the_door_is_quick_to_open():
    heavy = {"scipy", "pandas", "matplotlib", "larch", "pydantic", "jinja2"}
    code = f"import sys; import {TECHNIQUE.package}.technique; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
