"""Components of simulated photoelectron spectra against their truth: bias, coverage, number of components, changes of state.

    python benchmarks/surfaces.py [--seeds 200] [--only fractions numbers reference changes limits]

Two S 2p pairs at .400 and .600 (area 40,000 counts eV on 2000 counts), Poisson noise, 161 points; the formula is that of
tests/synthetic_spectra.py, which shares nothing with the fit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.techniques.surfaces.check import check_spectrum
from pipeline.techniques.surfaces.fit.peak_model import Line, Panel, peak_model, solve
from pipeline.techniques.surfaces.fit.spectrum import fit_spectrum, inflation_of
from pipeline.techniques.surfaces.fit.states import ONE_SIDED, compare_states, difference_of
from pipeline.techniques.surfaces.model import ChargeReference, Spectrum, SpectrumRow, StateChange, SurfaceFit, Wanted
from pipeline.techniques.surfaces.settings import LineSettings, SpectrumCheckSettings
from tests.synthetic_spectra import TWO, Species, expected, grid, spectrum

NAMED = (Wanted(name="PS4", be_ev=(160.5, 162.5)), Wanted(name="P-S-P", be_ev=(162.5, 164.5)))
THIRD = Wanted(name="S-S", be_ev=(164.0, 166.0))
ROW = SpectrumRow(name="a.vms S 2p", sample="A", files=("a.vms",), region="S 2p", wanted=NAMED)


def fit(measured: Spectrum, row: SpectrumRow = ROW) -> SurfaceFit:
    (checked,) = check_spectrum(measured, row, SpectrumCheckSettings())
    return fit_spectrum(checked, row, LineSettings())


def fractions(seeds: int) -> None:
    """Bias, scatter over sigma and coverage of the fraction of the first pair."""
    for background, step in (("shirley", 0.03), ("linear", 0.0)):
        start = time.process_time()
        found = []
        for seed in range(seeds):
            share = fit(spectrum(seed, step=step), replace(ROW, background=background)).components[0].area_fraction
            assert share is not None
            found.append((share.value, share.sigma, share.low <= 0.4 <= share.high))
        value, sigma, inside = np.array(found).T
        each = (time.process_time() - start) / seeds
        print(
            f"{background}: bias {value.mean() - 0.4:+.5f}, scatter {value.std(ddof=1):.5f}, sigma {sigma.mean():.5f}, "
            f"{100 * inside.mean():.1f} % inside, {each:.2f} s a fit"
        )


def numbers(seeds: int) -> None:
    """How often a third component is rejected on data of two."""
    named = [fit(spectrum(1000 + s), replace(ROW, wanted=(*NAMED, THIRD))) for s in range(seeds)]
    right = [f.components[2].verdict.code == "not_needed" and len(f.drawn) == 2 for f in named]
    print(f"third component named: rejected in {100 * np.mean(right):.1f} %")
    free = [len(fit(spectrum(2000 + s), replace(ROW, wanted=())).components) for s in range(seeds)]
    print(
        f"none named: two found in {100 * np.mean(np.array(free) == 2):.1f} %, more in {100 * np.mean(np.array(free) > 2):.1f} %"
    )


def reference(seeds: int) -> None:
    """A charge reference that is off by 0.3 eV moves the energies and nothing else."""
    energy, share = 0.0, 0.0
    for s in range(min(seeds, 20)):
        a, b = (
            fit(spectrum(s), replace(ROW, reference=ChargeReference(shift_ev=shift))).components[0]
            for shift in (0.0, 0.3)
        )
        assert a.binding_energy is not None
        assert b.binding_energy is not None
        assert a.area_fraction is not None
        assert b.area_fraction is not None
        energy = max(energy, abs(b.binding_energy.value - a.binding_energy.value - 0.3))
        share = max(share, abs(b.area_fraction.value - a.area_fraction.value))
    print(f"reference off by .3 eV: energies move by .3 within {energy:.1g} eV, fractions by {share:.1g}")


def change(seed: int, before: Sequence[Species], after: Sequence[Species], area: float) -> StateChange:
    a = fit(spectrum(seed, before, area=area))
    b = fit(spectrum(seed + 500_000, after, area=area, state="4V", file="b.vms"))
    (found,) = compare_states("A", (a, b), LineSettings())
    assert isinstance(found, StateChange)
    return found


def changes(seeds: int) -> None:
    """A new species of 5 %, and none: found at 3 sigma, and the upper limit."""
    one = (Species(share=1.0, be_ev=161.5),)
    for share in (0.05, 0.005, 0.0):
        new = (Species(share=1 - share, be_ev=161.5), Species(share=share, be_ev=163.3))
        found = [change(s, one, new, 1e4).changes[1] for s in range(seeds)]
        z = np.array([c.significance or 0.0 for c in found])
        held = [share <= (c.upper95 or 0.0) for c in found]
        inside = [c.change is None or c.change.low <= share <= c.change.high for c in found]
        values = np.array([c.change.value for c in found if c.change is not None])
        mean = f", mean {values.mean():.4f}" if values.size else ""
        print(
            f"{100 * share:g} % new: beyond 3 sigma in {100 * np.mean(z > 3):.1f} %, limit holds in {100 * np.mean(held):.1f} %, "
            f"{100 * np.mean(inside):.1f} % inside{mean}; not fitted in {len(found) - values.size}"
        )


def limits(seeds: int) -> None:
    """The limit of 5 % new where the model is known: both states fitted at once from the truth, five times as many seeds."""
    energy = grid()
    before = expected(energy, (Species(share=1.0, be_ev=161.5),), area=1e4)
    after = expected(energy, (Species(share=0.95, be_ev=161.5), Species(share=0.05, be_ev=163.3)), area=1e4)
    lines = [
        Line(name=n, low_ev=e - 1, high_ev=e + 1, start_ev=e, splitting_ev=1.18, ratio=0.5)
        for n, e in (("PS4", 161.5), ("P-S-P", 163.3))
    ]
    found = []
    for seed in range(5 * seeds):
        rng = np.random.default_rng([7, seed])
        panels = [Panel(energy_ev=energy, counts=rng.poisson(m).astype(float), noise=1.0) for m in (before, after)]
        s = solve(
            peak_model(panels, lines, background="shirley", shape="voigt", own_widths=False, settings=LineSettings())
        )
        value, slopes = difference_of(s, 1)
        found.append((value, s.gradient_sigma(slopes) * inflation_of(s)))
    value, sigma = np.array(found).T
    z = (value - 0.05) / sigma
    held = np.mean(np.maximum(value, 0) + ONE_SIDED * sigma >= 0.05)
    print(
        f"5 % new, model known, {z.size} seeds: limit holds in {100 * held:.1f} %; (f - .05)/sigma {z.mean():+.3f} +- {z.std():.3f}"
    )


KINDS = {f.__name__: f for f in (fractions, numbers, reference, changes, limits)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--only", nargs="*", default=list(KINDS), choices=list(KINDS))
    arguments = parser.parse_args()
    for name in arguments.only:
        KINDS[name](arguments.seeds)


if __name__ == "__main__":
    assert len(TWO) == 2
    main()
