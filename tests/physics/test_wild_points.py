"""One wild point, wherever it lies, is masked and its neighbours are not. Full size: benchmarks/recovery.py.

Z = R_s + sum R_i/(1 + (j w tau_i)^n_i) + 1/(Q (j w)^m), 0.3 % of noise; then Re or Im of one point is multiplied.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.science.deleted_residuals import delete_each
from pipeline.techniques.impedance.check.spectrum import check_spectrum, list_notes
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

NOISE = 0.003
F = np.geomspace(7e6, 1.0, 69)
ARCS = [(3000.0, 60e-9, 0.95), (3000.0, 1.8e-6, 0.90)]
WHERE = {"fastest": 0, "middle": F.size // 2, "slowest": F.size - 1}


def cell(arcs=ARCS, rs=0.0, f=F):
    w = 2j * np.pi * f
    return rs + sum(r / (1 + (w * tau) ** n) for r, tau, n in arcs) + 1 / (2e-6 * w**0.85)


def checked(z, seed, f=F, wild=None, factor=1.0, part="re"):
    """``wild`` is set off by ``factor`` in one part; the sigmas of the noise that this is, and the check."""
    rng = np.random.default_rng(seed)
    data = z + NOISE * np.abs(z) * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))
    if wild is not None:
        data[wild] += (factor - 1) * (z.real[wild] if part == "re" else 1j * z.imag[wild])
    spectrum = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=f, impedance_ohm=data)
    return check_spectrum(spectrum, EisCheckSettings())


def left_out(found):
    return sorted(i for m in found.masks for i in m.indices)


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("part", ["re", "im"])
@pytest.mark.parametrize("factor", [1.2, 1.5, 0.2])
def test_the_wild_point_is_masked_and_no_other(where, part, factor):
    z, i = cell(), WHERE[where]
    off = abs((factor - 1) * (z.real[i] if part == "re" else z.imag[i])) / abs(z[i]) / NOISE
    if off < 8:
        pytest.skip(f"{off:.1f} sigma of the noise")
    for seed in range(4):
        found = checked(z, seed, wild=i, factor=factor, part=part)
        assert left_out(found) == [i]
        assert found.masks[0].code == "wild_point"
        assert found.kk.level != "fail", found.kk.reason


def test_clean_spectra_keep_all_their_points():
    cells = [cell(), cell(rs=26.0, arcs=[]), cell(arcs=[(9000.0, 2e-6, 0.8)]), cell(arcs=[*ARCS, (2e3, 6e-5, 0.85)])]
    found = [left_out(checked(z, seed)) for z in cells for seed in range(25)]
    assert sum(bool(masked) for masked in found) <= 1, found


def test_an_arc_whose_flank_ends_the_sweep_is_no_wild_point():
    """Few points a decade, the arc's apex just beyond the fastest of them: only the last points show it."""
    f = np.geomspace(1e5, 0.1, 25)
    z = cell(arcs=[(500.0, 1e-6, 0.9), (300.0, 1e-4, 0.85)], rs=20.0, f=f)
    found = [left_out(checked(z, seed, f=f)) for seed in range(20)]
    assert sum(bool(masked) for masked in found) <= 1, found


def test_data_without_any_noise_hold_no_wild_point():
    spectrum = ImpedanceSpectrum(source=Source(file="x", format=""), frequency_hz=F, impedance_ohm=cell())
    assert check_spectrum(spectrum, EisCheckSettings()).masks == ()


@pytest.mark.parametrize("where", WHERE)
def test_the_total_is_what_it_is_without_the_point(where):
    for seed in range(3):
        for factor in (1.5, 0.2):
            found = checked(cell(), seed, wild=WHERE[where], factor=factor)
            total = fit_arcs(found, ArcSettings()).total_resistance
            assert total is not None
            assert total.value == pytest.approx(6000.0, rel=0.005)


def test_a_wild_point_is_one_clear_sentence():
    found = checked(cell(), 1, wild=0, factor=1.5)
    said = [f for f in found.findings if f.field == "kramers_kronig"]
    assert [f.code for f in said] == ["wild_point"]
    assert said[0].problem == "1 of 69 points is wild and left out (7e+06 Hz); the others pass Kramers-Kronig"
    assert not list(list_notes(found)), "the sentence says it all"
    assert [f.problem.startswith("pass") for f in list_notes(checked(cell(), 1))] == [True]


def test_three_in_a_row_are_no_wild_points():
    z = cell()
    z[30:33] *= 1.3
    found = checked(z, 2)
    assert all(m.code != "wild_point" for m in found.masks)
    assert found.kk.level == "fail"


def test_deleted_residuals_are_those_of_fits_without_the_point():
    """Against the definition: fit a plane without point i, and compare the sums of squares."""
    rng = np.random.default_rng(5)
    n, p = 9, 4
    design, y = rng.standard_normal((2 * n, p)), rng.standard_normal(2 * n)
    q = np.linalg.qr(design)[0]
    drop, share = delete_each(q, y - q @ (q.T @ y))
    whole = np.linalg.lstsq(design, y, rcond=None)[1][0]
    for i in range(n):
        rows = np.setdiff1d(np.arange(2 * n), [i, n + i])
        without = np.linalg.lstsq(design[rows], y[rows], rcond=None)[1][0]
        assert drop[i] == pytest.approx(whole - without)
        fewer, all_ = design[rows].T @ design[rows], design.T @ design
        assert share[i] == pytest.approx(np.linalg.det(fewer) / np.linalg.det(all_))


def test_a_point_that_only_itself_tells_is_not_judged():
    q = np.zeros((6, 2))
    q[0, 0] = q[3, 1] = 1.0  # Re and Im of the first point each have a term of their own
    drop, share = delete_each(q, np.array([0.0, 1.0, 1.0, 0.0, 1.0, 1.0]))
    assert drop[0] == 0
    assert share[0] < 1e-8
    assert drop[1] == pytest.approx(2.0)


def test_what_smoothness_cannot_tell_the_circuit_does():
    """Re of the fastest point is a hundredth of |Z|: a smooth spectrum may go there, the circuit of the others may not."""
    f = np.geomspace(1e6, 1.0, 37)
    w = 2j * np.pi * f
    z = 1e4 / (1 + (w * 1e-5) ** 0.95)
    late = 0
    for seed in range(6):
        fit = fit_arcs(checked(z, seed, f=f, wild=0, factor=0.2), ArcSettings())
        assert left_out(fit.checked) == [0]
        assert not fit.checked.keep[0]
        assert fit.checked.masks[-len(fit.masks) :] == fit.masks or not fit.masks
        assert ("wild_point" in [said.code for said in fit.findings]) == bool(fit.masks)
        assert fit.n_arcs == 1
        assert fit.total_resistance is not None
        assert fit.total_resistance.value == pytest.approx(1e4, rel=0.005)
        late += len(fit.masks)
    assert late >= 2, "or it proves nothing"


def test_a_circuit_that_misses_the_data_blames_no_point():
    """A finite diffusion layer, which the circuit does not know, bends the slow end: its last point is as good as the others."""
    f = np.geomspace(1e6, 0.1, 50)
    w = 2j * np.pi * f
    root = np.sqrt(w * 0.5)
    z = 20 + 500 / (1 + (w * 1e-6) ** 0.9) + 300 * np.tanh(root) / root
    for seed in range(6):
        fit = fit_arcs(checked(z, seed, f=f), ArcSettings())
        assert fit.masks == ()
