"""How many arcs, and which of series resistance, inductance and blocking: decided by the data.

For each number of arcs the full circuit is fitted from many starts; terms that the Bayesian criterion does not want are taken off.

    BIC = N ln(chi2/N) + p ln N,     AICc = N ln(chi2/N) + 2 p N/(N - p - 1)

Schwarz, Ann. Stat. 6 (1978) 461; Hurvich and Tsai, Biometrika 76 (1989) 297.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.fit.eis.circuit import Circuit
from pipeline.fit.eis.least_squares import bounds, fit_many
from pipeline.fit.eis.starts import draw_starts
from pipeline.model.measurement import ComplexArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OrderFit:
    """Best fit of one number of arcs."""

    circuit: Circuit
    theta: FloatArray
    chi2: float
    """Sum over Re and Im of ((Z_fit - Z)/|Z|)^2."""
    hits: int
    starts: int
    n_residuals: int

    @property
    def bic(self) -> float:
        """Bayesian information criterion, noise unknown."""
        n = self.n_residuals
        return n * float(np.log(self.chi2 / n)) + self.circuit.n_parameters * float(np.log(n))

    @property
    def aicc(self) -> float:
        """Akaike information criterion, corrected for small samples."""
        n, p = self.n_residuals, self.circuit.n_parameters
        return n * float(np.log(self.chi2 / n)) + 2 * p * n / max(n - p - 1, 1)


def fit_order(
    n_arcs: int, omega: FloatArray, z: ComplexArray, *, starts: int, seed: int, smaller: OrderFit | None
) -> OrderFit | None:
    """Best fit with ``n_arcs`` arcs, or None where there are fewer residuals than parameters.

    ``smaller`` is the best fit with one arc less: half of the starts split its arcs.  Starts are added until the best cost was met
    twice, at most four times ``starts``.
    """
    circuit = Circuit(n_arcs=n_arcs, series=True, inductance=True, blocking=True)
    if circuit.n_parameters + 3 > 2 * omega.size:
        return None
    rng = np.random.default_rng([seed, n_arcs])
    hint = smaller.theta if smaller is not None and n_arcs > 1 and smaller.circuit.n_arcs == n_arcs - 1 else None
    base = _screen(n_arcs, omega, z)
    best, chi2, hits, used = None, np.inf, 0, 0
    n = starts if n_arcs > 1 else max(4, starts // 3)
    for _ in range(4):
        theta, cost = fit_many(draw_starts(base, omega, z, n, rng, hint), base, omega, z, iterations=80)
        used += n
        at = int(np.argmin(cost))
        if cost[at] < chi2 * 0.99:
            hits = 0
        if cost[at] < chi2:
            best, chi2 = theta[at], float(cost[at])
        hits += int(np.sum(cost <= chi2 * 1.01))
        if hits >= 2:
            break
    if best is None or not np.isfinite(chi2):
        return None
    found = OrderFit(circuit=base, theta=best, chi2=chi2, hits=hits, starts=used, n_residuals=2 * omega.size)
    return _sorted(_adjust(found, omega, z))


def _screen(n_arcs: int, omega: FloatArray, z: ComplexArray) -> Circuit:
    """Terms to start with: those that the ends of the spectrum show."""
    k = max(3, omega.size // 10)
    inductive = bool(np.any(z.imag[:k] > 0)) or n_arcs == 0
    high = float(np.min(z.real[:k]))
    series = n_arcs == 0 or inductive or high > 0.3 * float(np.max(z.real))
    blocking = bool(np.mean(-z.imag[-k:]) > 0.02 * float(np.mean(np.abs(z[-k:]))))
    return Circuit(n_arcs=n_arcs, series=series, inductance=inductive, blocking=blocking)


def _adjust(found: OrderFit, omega: FloatArray, z: ComplexArray) -> OrderFit:
    """Add or take off single terms as long as BIC falls."""
    for _ in range(4):
        trials = [t for name in ("series", "inductance", "blocking") if (t := _toggle(found, name, omega, z))]
        best = min(trials, key=lambda t: t.bic, default=found)
        if best.bic >= found.bic - 1e-6:
            return found
        found = best
    return found


def _toggle(found: OrderFit, name: str, omega: FloatArray, z: ComplexArray) -> OrderFit | None:
    old = found.circuit
    circuit = replace(old, **{name: not getattr(old, name)})
    if circuit.n_parameters == 0 or (circuit.n_arcs == 0 and not circuit.series):
        return None
    rows = []
    for guess in (0.3, 0.03) if not getattr(old, name) else (0.0,):
        theta = dict(_parts(found.theta, old))
        if not getattr(old, name):
            small = float(np.abs(z).min())
            theta |= {
                "series": {"series": np.array([np.log(guess * small)])},
                "inductance": {"inductance": np.array([np.log(guess * small / omega.max())])},
                "blocking": {"q": np.array([np.log(1 / (guess * np.abs(z[-1]) * omega[-1] ** 0.9)), 0.9])},
            }[name]
        rows.append(_join(theta, circuit))
    fitted, cost = fit_many(np.array(rows), circuit, omega, z, iterations=60)
    at = int(np.argmin(cost))
    return replace(found, circuit=circuit, theta=fitted[at], chi2=float(cost[at]))


def _parts(theta: FloatArray, circuit: Circuit) -> dict[str, FloatArray]:
    at = 3 * circuit.n_arcs
    out = {"arcs": theta[:at]}
    for name, present, size in (
        ("series", circuit.series, 1),
        ("inductance", circuit.inductance, 1),
        ("q", circuit.blocking, 2),
    ):
        if present:
            out[name] = theta[at : at + size]
            at += size
    return out


def _join(parts: dict[str, FloatArray], circuit: Circuit) -> FloatArray:
    names = ["arcs", *(["series"] if circuit.series else []), *(["inductance"] if circuit.inductance else [])]
    names += ["q"] if circuit.blocking else []
    return np.concatenate([parts[n] for n in names])


def _sorted(found: OrderFit) -> OrderFit:
    """Arcs from the fastest to the slowest."""
    m = found.circuit.n_arcs
    order = np.argsort(found.theta[m : 2 * m])
    arcs = found.theta[: 3 * m].reshape(3, m)[:, order].ravel()
    return replace(found, theta=np.concatenate([arcs, found.theta[3 * m :]]))


def at_bound(found: OrderFit, omega: FloatArray, z: ComplexArray) -> list[int]:
    """Indices of parameters that stopped at a limit."""
    low, high = bounds(found.circuit, omega, z)
    return [int(i) for i in np.flatnonzero((found.theta <= low + 1e-9) | (found.theta >= high - 1e-9))]
