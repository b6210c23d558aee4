"""The joint fit's own optimiser against lmfit, from the same starts (python benchmarks/series_lmfit.py [pellets] [method]).

Pellets as in series_recovery.py, the number of arcs of the truth.  lmfit gets named, bounded parameters and the analytic Jacobian,
no covariance; ``method`` is leastsq (MINPACK) or least_squares (trust region).  A start has met the minimum if its chi2 is within
0.1 % of the lowest that either found.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
import warnings

import lmfit
import numpy as np
from eis_reference import cell, noisy, spectrum
from series_recovery import KB, TEMPERATURES_K, arcs_at

from pipeline.techniques.impedance.check.spectrum import EisCheckSettings, check_spectrum
from pipeline.techniques.impedance.fit.series.joint_fit import PRUNE, choose_circuit, make_data
from pipeline.techniques.impedance.fit.series.model import SeriesModel, arrhenius_design, circuits, covariance, fit_rows
from pipeline.techniques.impedance.fit.series.starts import draw_starts
from pipeline.techniques.impedance.fit.single.arcs import ArcSettings, fit_arcs
from pipeline.techniques.impedance.fit.single.circuit import weighted_rows


def single(z, t):
    return fit_arcs(check_spectrum(spectrum(z, temperature_k=float(t)), EisCheckSettings()), ArcSettings())


def pellets(n):
    """Every other one of ratio 5; or two or three arcs at 5 to 9 temperatures, an ideal one among them now and then."""
    for seed in range(n):
        if seed % 2:
            yield 3, [single(noisy(cell(arcs_at(t)), 100 * seed + i), t) for i, t in enumerate(TEMPERATURES_K)]
            continue
        rng = np.random.default_rng([9, seed])
        m, temperatures = int(rng.integers(2, 4)), np.linspace(203.15, 303.15, int(rng.integers(5, 10)))
        tau = 60e-9 * 10 ** rng.uniform(0, 1) * (10 ** rng.uniform(0.6, 1.7)) ** np.arange(m)
        r, exponents = 3000 * 10 ** rng.uniform(-0.4, 0.4, m), rng.uniform(0.85, 0.98, m)
        exponents[0] = 1.0 if seed % 6 == 4 else exponents[0]
        energies = np.sort(rng.uniform(0.25, 0.45, m))[::-1]
        rs, inductance, noise = 10 ** rng.uniform(-0.5, 0.7), 10 ** rng.uniform(-7, -6), 10 ** rng.uniform(-3, -2.4)
        grow = [np.exp(energies / KB * (1 / t - 1 / 203.15)) * t / 203.15 for t in temperatures]
        arcs = [[*zip(r * g, tau * g, exponents, strict=True)] for g in grow]
        z = [noisy(cell(a, rs, inductance), [seed, i], noise) for i, a in enumerate(arcs)]
        yield m, [single(one, t) for one, t in zip(z, temperatures, strict=True)]


def names_of(model):
    at, m = model.blocks, model.n_arcs
    out = [f"{what}{i + 1}" for i in range(m) for what in ("ln_R", "Ea")]
    out += [f"ln_C{i + 1}" for i in range(m)] + [f"n{i + 1}" for i in range(m)] + ["ln_Rs"]
    own = ["ln_L"] * model.circuit.inductance + ["ln_Q", "m"] * model.circuit.blocking
    return out + [f"{name}_{k}" for k in range((at.local.stop - at.local.start) // max(len(own), 1)) for name in own]


def by_lmfit(start, model, data, method):
    """Best parameters met and their chi2."""
    bounds, (offset, tie) = model.bounds(), model.tie()
    parameters = lmfit.Parameters()
    for name, value, low, high in zip(names_of(model), start, bounds.low, bounds.high, strict=True):
        inside = value if np.isinf(low) else min(max(value, low + 1e-6), high - 1e-6)
        parameters.add(name, inside, min=low, max=high)
    best = [np.inf, start]

    def rows(p):
        x = np.array([q.value for q in p.values()])
        return x, weighted_rows(offset + tie @ x, model.circuit, data.omega, data.weight)

    def residual(p):
        x, r = rows(p)
        res = (r[:, -1] - data.target).ravel()
        chi2 = float(res @ res)
        if not np.isfinite(chi2):
            return np.full(res.size, 1e6)
        if chi2 < best[0]:
            best[:] = chi2, x
        return res

    def jacobian(p):
        return np.nan_to_num((rows(p)[1][:, :-1].transpose(0, 2, 1) @ tie).reshape(-1, start.size))

    fitter = lmfit.Minimizer(residual, parameters, calc_covar=False, nan_policy="propagate")
    if method == "leastsq":
        fitter.minimize(method="leastsq", Dfun=jacobian, ftol=1e-9, xtol=1e-9, max_nfev=400)
    else:
        fitter.minimize(method=method, jac=jacobian, ftol=1e-9, xtol=1e-12, gtol=1e-12, x_scale="jac", max_nfev=400)
    return best[1], best[0]


def main() -> None:
    n, method = int(sys.argv[1]) if len(sys.argv) > 1 else 30, sys.argv[2] if len(sys.argv) > 2 else "leastsq"
    seconds, lowest, hits, shifts = [], [], [], []
    for m, fits in pellets(n):
        fits.sort(key=lambda f: f.checked.spectrum.temperature_k)
        data = make_data(fits)
        t = data.temperature_k
        t_ref = float(1 / np.mean(1 / t))
        model = SeriesModel(
            circuit=choose_circuit(m, fits),
            resistance_design=arrhenius_design(t, t_ref, None),
            capacitance_design=np.ones((t.size, 1)),
            offset=np.log(t / t_ref),
        )
        starts = np.array(draw_starts(model, data, fits, 20, 1))
        clock = [time.process_time()]
        own = fit_rows(starts, model, data, prune=PRUNE)
        clock.append(time.process_time())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = [by_lmfit(s, model, data, method) for s in starts]
        clock.append(time.process_time())
        seconds.append(np.diff(clock))
        costs = own.chi2, np.array([chi2 for _, chi2 in theirs])
        lowest.append([c.min() for c in costs])
        hits.append([np.sum(c <= 1.001 * min(lowest[-1])) for c in costs])
        if abs(lowest[-1][0] / lowest[-1][1] - 1) < 1e-6:
            a, b = own.x[own.chi2.argmin()], theirs[int(costs[1].argmin())][0]
            sigma = np.sqrt(np.diag(covariance(a, model, data)))
            order = [circuits(x, model)[0, m : 2 * m].argsort() for x in (a, b)]
            energies = [x[1 : 2 * m : 2][o] for x, o in zip((a, b), order, strict=True)]
            shifts.append(float((np.abs(energies[0] - energies[1]) / sigma[1 : 2 * m : 2][order[0]]).max()))
    s, chi2, met = np.array(seconds), np.array(lowest), np.array(hits)
    time_own, time_lmfit = np.median(s, axis=0)
    print(
        f"{n} pellets, {method}: own {time_own:.2f} s, lmfit {time_lmfit:.2f} s (medians), ratio {np.median(s[:, 1] / s[:, 0]):.1f}"
    )
    own_lower, lmfit_lower = (int(np.sum(chi2[:, a] < chi2[:, b] * (1 - 1e-6))) for a, b in ((0, 1), (1, 0)))
    print(f"lowest chi2: the same within 1e-6 in {len(shifts)}, own lower in {own_lower}, lmfit lower in {lmfit_lower}")
    print(f"where the same, Ea differs by at most {max(shifts):.1e} sigma")
    for name, k in (("own", 0), ("lmfit", 1)):
        print(f"starts that met the lowest, {name}: median {np.median(met[:, k]):.0f}, fewest {met[:, k].min()}")


if __name__ == "__main__":
    main()
