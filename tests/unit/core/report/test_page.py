"""The page: everything is escaped, nothing is fetched, every link leads to a file that the report wrote."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from pipeline.core.report.write import report_files, write_report
from pipeline.core.summary import RunSummary
from pipeline.core.values import Finding, Rejection
from pipeline.techniques.impedance.rows import SpectrumReview
from tests.synthetic_run import changed, make_run, small_run

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}</style> $\\frac{$ 样品"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """A whole report; all that is asked of one is asked of this one."""
    return report_files(make_run())


class Page(HTMLParser):
    """Elements in order, ids, and text."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.found if t == tag]


def test_every_link_leads_somewhere(files):
    page = Page(files["report.html"])
    ids = [a["id"] for _, a in page.found if "id" in a]
    assert len(ids) == len(set(ids))
    targets = [a["href"] for a in page.all("a")]
    assert len(targets) > 50
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in ids
        else:
            assert unquote(target) in files


def test_nothing_is_fetched(files):
    page = Page(files["report.html"])
    assert not page.all("link")
    assert not page.all("iframe")
    assert not page.all("object")
    assert all("src" not in a for a in page.all("script"))
    assert all(a["src"].startswith("data:image/svg+xml;base64,") for a in page.all("img"))
    assert not [a for _, a in page.found if "style" in a or any(name.startswith("on") for name in a)]
    text = re.sub(r"data:image/svg\+xml;base64,[^\"]*", "", files["report.html"].decode())
    assert "http:" not in text.lower()
    assert "@import" not in text
    assert "url(" not in text


def test_the_policy_allows_the_two_inline_pieces_and_nothing_else(files):
    text = files["report.html"].decode()
    policy = next(a["content"] for a in Page(files["report.html"]).all("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def hostile_run() -> RunSummary:
    run = small_run()
    samples = tuple(replace(s, id=s.id + HOSTILE, label=HOSTILE) for s in run.samples)
    return changed(
        run,
        study_name=HOSTILE,
        samples=samples,
        spectra=tuple((s + HOSTILE, f) for s, f in run["eis"].spectra),
        arrhenius=tuple(replace(a, sample=a.sample + HOSTILE) for a in run["eis"].arrhenius),
        conductivity=tuple(replace(p, sample=p.sample + HOSTILE) for p in run["eis"].conductivity),
        composition=tuple(replace(p, sample=p.sample + HOSTILE, series=HOSTILE) for p in run["eis"].composition),
        sweeps=tuple((s + HOSTILE, f) for s, f in run["lsv"].sweeps),
        windows=tuple(replace(w, sample=w.sample + HOSTILE) for w in run["lsv"].windows),
        absorption=tuple(replace(a, sample=a.sample + HOSTILE) for a in run["xas"].absorption),
        shells=tuple(replace(s, sample=s.sample + HOSTILE, structure=HOSTILE) for s in run["xas"].shells),
        distortions=tuple(replace(d, sample=d.sample + HOSTILE) for d in run["xas"].distortions),
        rejected=(Rejection(file=HOSTILE, stage="read", field=HOSTILE, problem=HOSTILE, hint=HOSTILE),),
        findings=((HOSTILE, Finding(severity="warning", field=HOSTILE, problem=HOSTILE)),),
        reviews=(SpectrumReview(file=HOSTILE, arcs=2, note=HOSTILE, by=HOSTILE),),
        provenance={
            "versions": {HOSTILE: HOSTILE},
            "settings": [{"name": HOSTILE, "value": HOSTILE, "layer": "study.toml", "reason": HOSTILE}],
        },
    )


def test_hostile_names_stay_text_and_stay_inside_the_folder(tmp_path):
    write_report(hostile_run(), tmp_path / "out")
    data = (tmp_path / "out/report.html").read_bytes()
    page = Page(data)
    assert len(page.all("script")) == 1
    assert len(page.all("style")) == 1
    assert "<script>alert" not in data.decode()
    assert HOSTILE in page.text
    assert "could not be drawn" not in page.text
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert all(re.fullmatch(r"[\w.+-]+", p.name) for p in tmp_path.rglob("*"))


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_data_say_so_in_every_section(simulated):
    data = report_files(small_run(simulated=simulated, absorption=(), spectra=()))["report.html"].decode()
    sections = data.split("<h2 ")[1:]
    assert len(sections) >= 4
    assert [("SIMULATED DATA" in s) for s in sections] == [simulated] * len(sections)


def test_an_empty_run_has_a_page():
    empty = RunSummary(study_name="nothing", simulated=False, samples=())
    text = Page(report_files(empty)["report.html"]).text
    assert "No results" in text
    assert "Nothing was rejected" in text


def test_every_figure_has_its_files_and_says_that_it_is_simulated(files):
    stems = {name.rsplit(".", 1)[0] for name in files if name.startswith("figures/")}
    assert len(stems) > 15
    for stem in stems:
        assert files[f"{stem}.pdf"].startswith(b"%PDF")
        lines = files[f"{stem}.csv"].decode().splitlines()
        assert lines[0].endswith(",simulated")
        assert len(lines) > 1
        assert all(line.endswith(",true") for line in lines[1:])
    captions = [a["alt"] for a in Page(files["report.html"]).all("img")]
    assert len(captions) == len(stems)
    assert all(captions)


def test_withheld_numbers_show_their_reason_and_nothing_else(files):
    text = Page(files["report.html"]).text
    run = make_run()
    assert "neighbouring time constants differ by 3.1 only" in text
    withheld = [s for s in run["xas"].shells if not s.verdict.printable]
    assert withheld
    assert "2.8300 ± 0.0057" not in text


def test_the_sections_of_a_report_stand_in_their_order(files):
    found = [a["id"] for t, a in Page(files["report.html"]).found if t == "section" and "-" not in str(a["id"])]
    assert found == [
        "key", "impedance", "arrhenius", "composition", "lsv", "absorption", "review", "errors", "findings", "methods",
        "settings", "files",
    ]  # fmt: skip
    text = Page(files["report.html"]).text
    for word in ("A. Person", "half a last line", "eis.arcs.seed", "Boukamp", "2.700 ± 0.068", "Muñoz"):
        assert word in text


def test_a_figure_that_fails_is_named_and_costs_nothing_else(monkeypatch):
    from pipeline.techniques.sweeps.report import section as sweeps

    def broken(*_, **__):
        raise ZeroDivisionError("no width <b>")

    monkeypatch.delenv("HSE_DEBUG", raising=False)
    monkeypatch.setattr(sweeps, "draw_windows", broken)
    files = report_files(small_run(absorption=(), spectra=(), sweeps=()))
    assert "Windows could not be drawn: ZeroDivisionError: no width &lt;b&gt;" in files["report.html"].decode()
    assert "figures/lsv/windows.svg" not in files
    assert "tables/windows.csv" in files
