"""Projects of many samples: every one found by its name, none averaged with another unasked, no merge counted twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.drafting import DraftFile, Drafting
from pipeline.core.flow import inspect_file, reduce_unit
from pipeline.core.sample import RawFile, Sample
from pipeline.core.technique import Settings, Work
from pipeline.techniques.absorption.groups import list_groups, matches, split_counter
from pipeline.techniques.absorption.model import EdgeRow, ScanReview
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings
from pipeline.techniques.absorption.technique import TECHNIQUE
from tests.projects import KINDS, Group, edge, merge

DEFAULTS = Settings(tuple(cls() for cls in TECHNIQUE.chain.settings.values()))
NAME = "xas/all.prj"
K = np.arange(0.05, 12, 0.05)


def raw(groups, kind="Athena 0.8"):
    data = KINDS[kind](groups)
    return RawFile(name=NAME, data=data, size=len(data))


def scans_of(groups, kind="Athena 0.8"):
    return read_scans(raw(groups, kind), XasReadSettings())


def run(groups, patterns=(), kind="Athena 0.8", reviews=()):
    row = EdgeRow(name="S Ta L3", sample="S", files=(NAME,), element="Ta", edge="L3", reviews=reviews,
                  groups={NAME: tuple(patterns)} if patterns else {})  # fmt: skip
    return reduce_unit(TECHNIQUE.chain, Work(row=row, settings=DEFAULTS), lambda _: raw(groups, kind))


def samples():
    """Three scans of one sample and their merge, two scans of another with a foil, a third; chi(k) of the first."""
    ta = [Group(label=f"LCF-Ta_{i}", mu=edge(0.0, 1.0, i)) for i in (1, 2, 3)]
    hse = [Group(label=f"HSE-Sm.00{i}", mu=edge(0.5, 0.3, 10 + i)) for i in (1, 2)]
    foil = Group(label="  Ref HSE-Sm.001", mu=edge(-1.0, 2.0, 20))
    chi = Group(label="LCF-Ta chi", mu=0.3 * np.sin(4.7 * K) * np.exp(-0.02 * K**2), energy=K, chi=True)
    return [*ta, merge("LCF-Ta", ta), *hse, foil, Group(label="HSE-La", mu=edge(0.5, 0.4, 30)), chi]


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_is_found_by_name_and_none_is_averaged_unasked(kind):
    listing = list_groups(scans_of(samples(), kind))
    assert {n: len(places) for n, places in listing.samples.items()} == {"LCF-Ta*": 3, "HSE-Sm*": 2, "HSE-La": 1}
    assert {i: m.parts for i, m in listing.merges.items()} == {3: (0, 1, 2)}
    assert (listing.references, listing.chi) == ((6,), (8,))
    record = run(samples(), kind=kind)
    assert record.results == ()
    (refused,) = record.rejected
    assert (refused.code, refused.field) == ("groups_differ", "groups")
    assert "3 samples by name" in refused.problem
    assert '"LCF-Ta*", "HSE-Sm*", "HSE-La"' in refused.problem
    assert 'groups = ["LCF-Ta*"]' in refused.hint


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("pattern", "used", "step"), [("LCF-Ta*", 3, 1.0), ("HSE-Sm*", 2, 0.3), ("HSE-La", 1, 0.4)])
def test_a_named_sample_is_reduced_and_its_merge_is_not_counted_twice(kind, pattern, used, step):
    record = run(samples(), [pattern], kind)
    (result,) = record.results
    assert record.rejected == ()
    assert result.edge_step.value == pytest.approx(step, rel=0.05)
    assert sum(s.used for s in result.scans) == used
    left = [(s.group, s.code) for s in result.scans if not s.used]
    assert left == ([("LCF-Ta", "merge_of_parts")] if used == 3 else [])
    assert {s.group for s in result.scans if s.used} <= {g.label for g in samples()}


def test_a_merge_is_taken_where_it_alone_is_named():
    (result,) = run(samples(), ["LCF-Ta"]).results
    assert [(s.group, s.used) for s in result.scans] == [("LCF-Ta", True)]


def test_what_else_the_file_holds_is_said():
    groups = samples()[4:7] + samples()[8:]
    (result,) = run(groups).results
    said = [f.problem for f in result.findings if f.code == "groups"]
    assert any("reference channels: Ref HSE-Sm.001" in text for text in said)
    assert any("chi(k), not mu(E): LCF-Ta chi" in text for text in said)
    assert [s.group for s in result.scans] == ["HSE-Sm.001", "HSE-Sm.002"]


def test_a_reference_channel_tied_to_its_group_is_told_apart_without_its_name():
    one = Group(label="pellet", mu=edge(0.0, 1.0, 1), partner=1)
    foil = Group(label="foil", mu=edge(-1.0, 2.0, 2), partner=0)
    (result,) = run([one, foil]).results
    assert [s.group for s in result.scans] == ["pellet"]


def test_a_merge_that_nothing_names_is_known_by_its_numbers():
    parts = [Group(label=f"a_{i}", mu=edge(0.0, 1.0, i)) for i in (1, 2, 3)]
    other = Group(label="b", mu=edge(0.0, 1.0, 9))
    for label in ("sum of all", "b2"):
        listing = list_groups(scans_of([*parts, other, merge(label, parts, told=False)]))
        assert {i: m.parts for i, m in listing.merges.items()} == {4: (0, 1, 2)}
    again = Group(label="c", mu=1.3 * edge(0.0, 1.0, 1) + 0.1)
    assert list_groups(scans_of([*parts, again])).merges == {}


def test_a_merge_of_more_than_is_there_stands_for_its_parts():
    """Two of five scans beside their merge: the merge holds more."""
    parts = [Group(label=f"a.00{i}", mu=edge(0.0, 1.0, i)) for i in range(1, 6)]
    (result,) = run([*parts[:2], merge("a", parts)]).results
    assert [(s.group, s.used, s.code) for s in result.scans] == [
        ("a.001", False, "part_of_merge"),
        ("a.002", False, "part_of_merge"),
        ("a", True, ""),
    ]
    assert "a merge of 5 scans, of which 2 are here" in result.scans[0].reason


@pytest.mark.parametrize(
    ("labels", "candidates"),
    [
        (("a_1", "a_2", "a_3"), ["a*"]),
        (("a.001", "a.002", "a.040"), ["a*"]),
        (("a scan 1", "a scan 7"), ["a*"]),
        (("a (1)", "a (2)"), ["a*"]),
        (("cu010k.dat", "cu050k.dat"), ["cu010k.dat", "cu050k.dat"]),
        (("t_015", "t_016", "t_128", "t_129", "t_300"), ["t_01*", "t_12*", "t_300"]),
        (("x_0.38", "x_0.39"), ["x_0.38", "x_0.39"]),
        (("HSE-1", "HSE-2"), ["HSE-1", "HSE-2"]),
        (("a_1", "ab_1"), ["a_1", "ab_1"]),
        (("a_1", "a_2", "a_bc"), ["a_?", "a_bc"]),
        (("a", "a"), ["a"]),
    ],
)
def test_names_that_differ_by_a_scan_counter_are_one_sample(labels, candidates):
    found = list_groups(scans_of([Group(label=n, mu=edge(0.0, 1.0, i)) for i, n in enumerate(labels)]))
    assert list(found.samples) == candidates


def test_counters():
    assert split_counter("a_12") == ("a", 12)
    assert split_counter("hgcontrol.0002") == ("hgcontrol", 2)
    assert split_counter("x_0.38") == ("x_0.38", None)
    assert split_counter("10wt% 20K") == ("10wt% 20K", None)


def test_brackets_in_a_name_are_no_wildcards():
    assert matches("0.62[HCF-Sm]", "0.62[HCF-Sm]*")
    assert matches(" Ref  a ", "Ref a")
    assert not matches("0.62H", "0.62[HCF-Sm]")


def test_a_pattern_that_names_nothing_says_what_there_is():
    (refused,) = run(samples(), ["LCFTa*"]).rejected
    assert (refused.code, refused.field) == ("no_group", "groups")
    assert "HSE-La" in refused.problem
    (result,) = run(samples(), ["HSE-La", "HSE-Lu"]).results
    assert any('no group "HSE-Lu"' in f.problem for f in result.findings)


def test_a_review_names_a_group():
    """The excluded scan is a row of its own, and no candidate; the others go on."""
    groups = samples()
    review = ScanReview(file=NAME, group="LCF-Ta_2", exclude=True, note="beam lost", by="A")
    record = run(groups, ["LCF-Ta_*"], reviews=(review,))
    assert [(r.file, r.stage, r.code) for r in record.rejected] == [(NAME, "review", "excluded")]
    assert [s.group for s in record.results[0].scans] == ["LCF-Ta_1", "LCF-Ta_3"]
    assert review.decision() == {"group": "LCF-Ta_2"}
    two = [groups[0], groups[7]]
    record = run(two, reviews=(replace(review, group="HSE-La"),))
    assert [s.group for s in record.results[0].scans] == ["LCF-Ta_1"]


def test_groups_of_a_table_belong_to_its_files_and_two_samples_share_a_project():
    class Folder:
        names = (NAME, "b.prj")

        def match(self, patterns, where):
            return [(n, {}) for n in self.names if n in ([patterns] if isinstance(patterns, str) else patterns)]

    study = TECHNIQUE.study()
    given = [
        {"files": NAME, "groups": ["LCF-Ta*"], "edge": "Ta L3"},
        {"files": "b.prj", "edge": "Ta L3"},
        {"files": NAME, "groups": ["more"], "edge": "Ta L3"},
    ]
    tables = [study.table.model_validate(t) for t in given]
    (row,) = study.rows(tables, Sample(id="A"), Folder())
    assert (row.files, row.groups) == ((NAME, "b.prj"), {NAME: ("LCF-Ta*", "more")})
    assert study.review is ScanReview


def test_check_and_draft_list_the_candidates():
    file = raw(samples())
    known = TECHNIQUE.recognise(file)
    assert known.candidates == ("LCF-Ta*", "HSE-Sm*", "HSE-La")
    (said,) = known.wanting
    for words in ('"LCF-Ta*" (3 scans), "HSE-Sm*" (2 scans), "HSE-La"', '"LCF-Ta" is a merge of "LCF-Ta_1"',
                  'reference channels: "Ref HSE-Sm.001"', 'chi(k): "LCF-Ta chi"'):  # fmt: skip
        assert words in said.problem
    found = inspect_file(TECHNIQUE.chain, Work(row=TECHNIQUE.alone(file, known), settings=DEFAULTS), file)
    assert len(found) == len(samples())
    drafting = Drafting(files=(DraftFile(name=NAME, sample="all", known=known),), name_rule=None)
    lines = list(TECHNIQUE.study().draft("all", drafting))
    assert '  # ? groups = ["LCF-Ta*"]   # of this sample; "LCF-Ta*", "HSE-Sm*", "HSE-La"' in lines
