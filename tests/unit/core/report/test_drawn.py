"""A figure is drawn again exactly when something that goes into it has changed; what stands on disk is never stale."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.core.records import drawing_key
from pipeline.core.report.drawn import LEDGER, Drawn
from pipeline.core.report.write import report_files, write_report
from pipeline.core.summary import RunSummary
from pipeline.core.values import Estimate
from pipeline.techniques.impedance.model import ConductivityPoint
from tests.synthetic_run import changed, make_run, small_run


@pytest.fixture(scope="module")
def run() -> RunSummary:
    full = make_run()["eis"]
    return small_run(absorption=(), shells=(), distortions=(), conductivity=full.conductivity, arrhenius=full.arrhenius)


@pytest.fixture(scope="module")
def first(run: RunSummary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("first")
    write_report(run, out, drawing_key)
    return out


@pytest.fixture
def out(first: Path, tmp_path: Path) -> Path:
    """A folder with an earlier report."""
    return Path(shutil.copytree(first, tmp_path / "out"))


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the figures that are really drawn, as they are."""
    names: list[str] = []
    from pipeline.core.report import canvas

    honest: Callable[..., Any] = canvas._saved

    def counted(figure: Any, kind: str, metadata: Any) -> bytes:
        if kind == "svg":
            names.append(metadata["Title"])
        return honest(figure, kind, metadata)

    monkeypatch.setattr(canvas, "_saved", counted)
    return names


def pictures(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out / "figures").as_posix(): p.read_bytes() for p in sorted((out / "figures").rglob("*.svg"))}


def shifted(point: ConductivityPoint, factor: float) -> ConductivityPoint:
    e = point.conductivity_s_per_m
    assert e is not None
    return replace(point, conductivity_s_per_m=Estimate(value=e.value * factor, sigma=e.sigma, unit=e.unit))


def test_nothing_is_drawn_twice_and_the_bytes_are_those_of_a_fresh_report(out, run, painted):
    assert len(pictures(out)) >= 5
    page = (out / "report.html").read_bytes()
    write_report(run, out, drawing_key)
    assert painted == []
    assert (out / "report.html").read_bytes() == page
    fresh = report_files(run)
    assert {n: (out / n).read_bytes() for n in fresh} == fresh


def test_a_changed_row_changes_its_picture_and_every_picture_that_shares_its_axes(out, run, painted):
    before = pictures(out)
    i = next(
        i for i, p in enumerate(run["eis"].conductivity) if p.quantity == "total" and p.conductivity_s_per_m is not None
    )
    rows = list(run["eis"].conductivity)
    rows[i] = shifted(rows[i], 30.0)  # far outside: the axis that all samples share must grow
    other = changed(run, conductivity=tuple(rows))
    write_report(other, out, drawing_key)
    assert "arrhenius/total" in painted
    assert all(name.startswith("arrhenius/") for name in painted)
    after = pictures(out)
    assert after["arrhenius/total.svg"] != before["arrhenius/total.svg"]
    assert after == {n.removeprefix("figures/"): d for n, d in report_files(other).items() if n.endswith(".svg")}


def test_the_code_the_simulated_mark_and_the_words_are_part_of_the_key(out, run, painted):
    write_report(changed(run, simulated=not run.simulated), out, drawing_key)
    n = len(painted)
    assert n == len(pictures(out))
    painted.clear()
    write_report(changed(run, simulated=not run.simulated), out, lambda *parts: drawing_key("other code", *parts))
    assert len(painted) == n


@pytest.mark.parametrize("harm", ["edited", "lost", "ledger"])
def test_what_was_touched_on_disk_is_drawn_again(out, run, painted, harm):
    before = pictures(out)
    victim = sorted((out / "figures").rglob("*.svg"))[0]
    if harm == "edited":
        victim.write_bytes(b"<svg/>")
    elif harm == "lost":
        victim.unlink()
    else:
        (out / LEDGER).write_text('{"half": ', encoding="utf-8")
    write_report(run, out, drawing_key)
    assert len(painted) == (len(before) if harm == "ledger" else 1)
    assert pictures(out) == before


def test_a_figure_that_cannot_be_drawn_is_in_no_ledger():
    drawn = Drawn(None, drawing_key)

    def broken(name: str, *, simulated: bool) -> None:
        raise ValueError(name)

    with pytest.raises(ValueError, match="a/b"):
        drawn.draw(broken, "a/b", simulated=True)
    assert drawn.now == {}


def test_one_number_of_an_array_its_shape_and_its_order_are_part_of_the_key():
    a = np.arange(6.0)
    other = a.copy()
    other[3] = np.nextafter(3.0, 4.0)
    keys = {drawing_key("draw", x) for x in (a, other, a[::-1], a.reshape(2, 3), a + 0j, a.astype(int))}
    assert len(keys) == 6
    assert drawing_key("draw", a.copy()) in keys
