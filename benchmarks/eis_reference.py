"""What the EIS benchmarks compare with: truth by its own formula, and the reference fit that works in any library.

Reference: log-parameters, weights 1/|Z|, scipy least_squares(x_scale="jac") with a numeric Jacobian, the best of several
random starts.
Cramer-Rao bound: the inverse Fisher matrix of the true model at the truth, numerically differentiated.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

from pipeline.core.sample import Source
from pipeline.techniques.impedance.model import ImpedanceSpectrum

FREQUENCY_HZ = np.geomspace(7e6, 1.0, 69)
OMEGA = 2 * np.pi * FREQUENCY_HZ
TAIL = (2e-6, 0.85)
NOISE = 0.003


def three(ratio, r=(3000.0, 3000.0, 3000.0), n=(0.95, 0.90, 0.85), tau1=60e-9):
    """Three arcs (ohm, s, exponent) with time constants ``ratio`` apart."""
    return [(r[i], tau1 * ratio**i, n[i]) for i in range(3)]


def cell(arcs, rs=0.0, inductance=0.0, tail=TAIL, omega=OMEGA):
    z = np.full(omega.size, rs, dtype=complex) + 1j * omega * inductance
    for r, tau, n in arcs:
        z = z + r / (1 + (1j * omega * tau) ** n)
    if tail is not None:
        z = z + 1 / (tail[0] * (1j * omega) ** tail[1])
    return z


def noisy(z, seed, noise=NOISE):
    rng = np.random.default_rng(seed)
    return z + noise * np.abs(z) * (rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size))


def spectrum(z, frequency_hz=FREQUENCY_HZ, temperature_k=None, file="simulated"):
    return ImpedanceSpectrum(
        source=Source(file=file, format=""), frequency_hz=frequency_hz, impedance_ohm=z, temperature_k=temperature_k
    )


def model(theta, n_arcs, rs, inductance, tail, omega):
    """Theta: ln R, ln tau, n of the arcs, then ln Rs, ln L, ln Q, m of the terms that are present."""
    m = n_arcs
    z = np.zeros(omega.size, dtype=complex)
    for i in range(m):
        z = z + np.exp(theta[i]) / (1 + (1j * omega * np.exp(theta[m + i])) ** theta[2 * m + i])
    at = 3 * m
    if rs:
        z, at = z + np.exp(theta[at]), at + 1
    if inductance:
        z, at = z + 1j * omega * np.exp(theta[at]), at + 1
    if tail:
        z = z + np.exp(-theta[at]) * (1j * omega) ** -theta[at + 1]
    return z


def polish(theta, terms, omega, z, max_nfev=400):
    def residual(x):
        with np.errstate(all="ignore"):
            r = (model(x, *terms, omega) - z) / np.abs(z)
        return np.nan_to_num(r.view(float), nan=1e6, posinf=1e6, neginf=-1e6)

    n = np.arange(2 * terms[0], 3 * terms[0])
    low, high = np.full(theta.size, -60.0), np.full(theta.size, 60.0)
    low[n], high[n] = 0.3, 1.0
    if terms[3]:
        low[-1], high[-1] = 0.3, 1.0
    fit = least_squares(
        residual, np.clip(theta, low + 1e-6, high - 1e-6), x_scale="jac", bounds=(low, high), max_nfev=max_nfev
    )
    return fit.x, 2 * fit.cost


def reference_fit(omega, z, terms, starts=10, seed=0):
    """Best theta and cost (sum of |residual|^2 with weights 1/|Z|) of random starts, and every start's cost."""
    rng, m = np.random.default_rng(seed), terms[0]
    size = np.log(np.median(np.abs(z)))
    found = []
    for _ in range(starts):
        x = [
            *(size + rng.uniform(-2, 1, m)),
            *np.sort(rng.uniform(np.log(0.3 / omega.max()), np.log(3 / omega.min()), m)),
        ]
        x += [*rng.uniform(0.75, 1.0, m)]
        x += [np.log(np.abs(z).min()) + rng.uniform(-3, 0)] if terms[1] else []
        x += [np.log(np.abs(z).min() / omega.max()) + rng.uniform(-3, 0)] if terms[2] else []
        x += [-np.log(np.abs(z[-1]) * omega[-1] ** 0.9), 0.9] if terms[3] else []
        found.append(polish(np.array(x), terms, omega, z))
    best = min(found, key=lambda f: f[1])
    return best[0], best[1], [c for _, c in found]


def true_theta(arcs, rs=0.0, inductance=0.0, tail=TAIL):
    r, tau, n = (np.array([a[i] for a in arcs]) for i in range(3))
    x = [*np.log(r), *np.log(tau), *n] if len(arcs) else []
    x += [np.log(rs)] if rs else []
    x += [np.log(inductance)] if inductance else []
    x += [np.log(tail[0]), tail[1]] if tail else []
    return np.array(x), (len(arcs), rs > 0, inductance > 0, tail is not None)


def cramer_rao(arcs, rs=0.0, inductance=0.0, tail=TAIL, noise=NOISE, omega=OMEGA):
    """Smallest possible relative sigma of each R and of their sum with Rs."""
    theta, terms = true_theta(arcs, rs, inductance, tail)
    z = model(theta, *terms, omega)
    columns = []
    for i in range(theta.size):
        up, down = theta.copy(), theta.copy()
        up[i] += 1e-5
        down[i] -= 1e-5
        columns.append(((model(up, *terms, omega) - model(down, *terms, omega)) / 2e-5 / np.abs(z) / noise).view(float))
    jac = np.array(columns).T
    cov = np.linalg.inv(jac.T @ jac)
    index = [*range(len(arcs)), *([3 * len(arcs)] if rs else [])]
    parts = np.exp(theta[index])
    total = np.sqrt(parts @ cov[np.ix_(index, index)] @ parts) / parts.sum()
    return np.sqrt(np.diag(cov))[: len(arcs)], float(total)
