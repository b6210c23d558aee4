"""Spectra near the edge, made from an arctangent and a peak of known place and area; scans that end before EXAFS begins."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Sample, Source
from pipeline.core.technique import Results, Settings
from pipeline.techniques.absorption.check.scan import check_scan
from pipeline.techniques.absorption.fit.reduce.reduction import reduce_edge
from pipeline.techniques.absorption.model import AbsorptionScan, EdgeRow, Xanes
from pipeline.techniques.absorption.settings import ReduceSettings, XasCheckSettings
from pipeline.techniques.absorption.technique import TECHNIQUE

EDGES = {"Cl K": 2822.0, "Ta L3": 9881.0}
WIDTHS = {"Cl K": 1.5, "Ta L3": 5.0}
"""Of the arctangent, eV: core hole and monochromator."""


def spectrum(edge, *, last, area=6.0, centre=2.0, width=4.0, lorentz=0.0, step=0.8, spacing=0.25):
    """Energies to ``last`` eV behind the edge; an arctangent at 0, a peak, and a line below."""
    x = np.concatenate([np.arange(-45, -12, 1.0), np.arange(-12, 30, spacing), np.arange(30, last, 1.5)])
    u = 2 * (x - centre) / width
    gauss = 2 / width * np.sqrt(np.log(2) / np.pi) * np.exp(-np.log(2) * u**2)
    peak = lorentz * 2 / (np.pi * width * (1 + u**2)) + (1 - lorentz) * gauss
    return x + EDGES[edge], 0.2 - 3e-4 * x + step * (0.5 + np.arctan(2 * x / WIDTHS[edge]) / np.pi + area * peak)


def top_of(edge, **line):
    """Where the curve without noise is highest."""
    energy, mu = spectrum(edge, last=110.0, spacing=0.005, **line)
    return energy[np.argmax(np.where(np.abs(energy - EDGES[edge]) < 15, mu, 0.0))]


def reduce(edge, energy, mu, *, noise=1e-3, seeds=(1,), mode="transmission"):
    element, shell = edge.split()
    scans = []
    for seed in seeds:
        noisy = mu + noise * np.random.default_rng(seed).standard_normal(mu.size)
        scan = AbsorptionScan(source=Source(file=f"{seed}.dat", format="made up"), energy_ev=energy, mu=noisy, mode=mode,
                              element=element, edge=shell)  # fmt: skip
        scans.append(check_scan(scan, element, shell, mode, XasCheckSettings()))
    row = EdgeRow(name="x", sample="x", files=(), element=element, edge=shell, mode=mode)
    return reduce_edge("x", scans, ReduceSettings(), row)


@pytest.mark.parametrize("lorentz", [0.0, 1.0])
@pytest.mark.parametrize("edge", EDGES)
def test_a_short_scan_gives_what_stands_at_the_edge(edge, lorentz):
    found = reduce(edge, *spectrum(edge, last=110.0, lorentz=lorentz), seeds=(1, 2, 3))
    assert isinstance(found, Xanes)
    assert found.edge_step.low < 0.8 < found.edge_step.high
    assert found.edge_step.value == pytest.approx(0.8, rel=0.05 if edge == "Cl K" else 0.10)
    assert found.e0.value == pytest.approx(EDGES[edge], abs=1.0)
    assert 0 < found.e0.sigma < 0.3
    assert found.white_line.value == pytest.approx(top_of(edge, lorentz=lorentz), abs=0.1)
    if found.verdict.level == "resolved":  # a step that is not known to 10 % may leave no area
        assert found.white_line_area.low < 6.0 < found.white_line_area.high
        assert found.white_line_area.sigma < 1.5 or edge == "Ta L3"
    assert found.verdict.printable
    assert found.verdict.level == "resolved" or found.verdict.code == "loose_step"
    assert [f.code for f in found.findings if f.severity == "warning" and f.code] == ["no_exafs"]


def test_intervals_of_the_white_line_hold_the_truth():
    """30 spectra of different lines."""
    rng = np.random.default_rng(7)
    area, place = [], []
    for seed in range(30):
        a, w, eta = rng.uniform(2, 9), rng.uniform(3, 5), rng.uniform(0, 1)
        found = reduce("Cl K", *spectrum("Cl K", last=100.0, area=a, width=w, lorentz=eta), seeds=(seed,))
        area.append(found.white_line_area.low <= a <= found.white_line_area.high)
        top = top_of("Cl K", area=a, width=w, lorentz=eta)
        place.append(found.white_line.low <= top <= found.white_line.high)
    assert np.mean(area) >= 0.9
    assert np.mean(place) >= 0.9


def test_an_edge_without_a_white_line_has_none():
    found = reduce("Ta L3", *spectrum("Ta L3", last=110.0, area=0.0))
    assert (found.white_line, found.white_line_area) == (None, None)
    assert "no_white_line" in [f.code for f in found.findings]


def test_fluorescence_without_a_formula_is_weak():
    found = reduce("Cl K", *spectrum("Cl K", last=110.0), mode="fluorescence")
    assert found.verdict.level == "weak"
    assert found.verdict.code == "over_absorption"


def test_a_short_scan_has_its_rows_facts_and_section():
    found = reduce("Cl K", *spectrum("Cl K", last=110.0), seeds=(1, 2, 3))
    summed = TECHNIQUE.summing.summarize(
        Results(samples=(Sample(id="x"),), fitted=(("x", found),), joined=()), Settings()
    )
    assert {f.quantity for f in summed.facts} == {"e0", "edge_step", "white_line", "white_line_area"}
    assert {f.conditions["edge"] for f in summed.facts} == {"Cl K"}
    tables = TECHNIQUE.report().tables(summed.summary)
    (row,) = tables["xanes"].rows
    assert row["e0_eV"] == found.e0.value
    assert row["white_line_area_sigma"] == found.white_line_area.sigma
    assert row["notes"].startswith("no EXAFS: ")
    assert len(tables["xas_scans"].rows) == 3
    assert tables["exafs"].rows == ()
