"""Slow drift: the sample's resistance changes while the sweep runs, and the points say so by the time they were taken at.

    R_i(t) = R_i (1 + d u),    u = (t - t_middle) / (t_last - t_first)

with each arc's C (CPE: Q and n) unchanged, so that ln tau_i moves by d u / n_i.  d is estimated beside all parameters,
to first order: it is what the fit's residuals still hold of dZ/dd once the circuit has taken its share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.science.statistics import widen
from pipeline.techniques.impedance.fit.single.circuit import weighted_rows
from pipeline.techniques.impedance.fit.single.model_selection import OrderFit
from pipeline.techniques.impedance.model import SpectrumFit

MIN_SIGMAS = 3.5
"""1 in 2000 by chance."""
MAX_REST = 1.5
"""Rms residual over the noise with the drift let in: beyond it the circuit is to blame, not the time."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Relative change of resistance from the first to the last point, and what the fit without it makes of the total."""

    change: float
    sigma: float
    ln_total_shift: float
    """Of the total at the middle of the sweep's time against the fitted one."""

    @property
    def relative_sigma(self) -> float:
        """Of a total that holds for the whole sweep: the shift, and a uniform distribution over the change."""
        return float(np.hypot(self.ln_total_shift, self.change / np.sqrt(12)))


def find_drift(fit: OrderFit, omega: FloatArray, z: ComplexArray, time_s: FloatArray, noise: float) -> Drift | None:
    """The drift where it exceeds the noise, else None.

    Parameters
    ----------
    omega, z, time_s:
        (n,) of the points that were fitted: rad/s, ohm, and s from any start.
    noise:
        Relative sigma of z.
    """
    c, m = fit.circuit, fit.circuit.n_arcs
    span = float(np.ptp(time_s))
    if not (m and np.isfinite(span) and span > 0):
        return None
    rows = weighted_rows(fit.theta[None, :], c, omega, 1 / np.abs(z))[0]
    unit = z / np.abs(z)
    residual = np.concatenate([unit.real, unit.imag]) - rows[-1]
    resistances = [*range(m), *([c.position("series")] if c.series else [])]
    moved = rows[resistances].sum(axis=0) + (rows[m : 2 * m] / fit.theta[2 * m : 3 * m, None]).sum(axis=0)
    u = (time_s - time_s.min()) / span - 0.5
    column = moved * np.tile(u, 2)
    free = c.free()
    size = np.maximum(np.linalg.norm(rows[:-1][free], axis=1), 1e-300)
    basis, power, along = np.linalg.svd((rows[:-1][free] / size[:, None]).T, full_matrices=False)
    good = power > 1e-6 * power[0]
    basis = basis[:, good]
    left = column - basis @ (basis.T @ column)
    weight = float(left @ left)
    if weight <= 1e-12 * float(column @ column):
        return None
    change = float(left @ residual) / weight
    dof = residual.size - c.n_free - 1
    rest = max(float(residual @ residual) - change**2 * weight, 0.0)
    sigma = float(np.sqrt(rest / dof / weight))
    if dof < 1 or abs(change) < MIN_SIGMAS * sigma or rest > dof * (MAX_REST * noise) ** 2:
        return None
    step = np.zeros(free.size)
    step[free] = along[good].T @ ((basis.T @ (residual - change * column)) / power[good]) / size
    parts = np.exp(fit.theta[resistances])
    return Drift(change, sigma, float(parts @ step[resistances] / parts.sum()))


def tell_drift(fit: SpectrumFit, drift: Drift, resolved_sigma: float) -> SpectrumFit:
    """The fit with the drift among its findings, and in interval and verdict of its total.

    ``resolved_sigma`` is the largest relative sigma of a resolved total.
    """
    text = f"the resistance drifts by {100 * drift.change:+.2f} ± {100 * drift.sigma:.2f} % while the sweep runs"
    total, verdict = _with_drift(fit.total_resistance, fit.total_verdict, drift, text, resolved_sigma)
    totals = tuple(
        replace(t, resistance=e, verdict=v or t.verdict)
        for t in fit.totals
        for e, v in [_with_drift(t.resistance, t.verdict, drift, text, resolved_sigma)]
    )
    if total is not None:
        text += f"; {100 * drift.relative_sigma:.2f} % in the sigma of the total"
    hint = "wait until the cell is at temperature, or repeat the sweep and compare"
    said = Finding(severity="warning", field="time_s", problem=text, hint=hint, code="slow_drift")
    return replace(fit, total_resistance=total, total_verdict=verdict, totals=totals, findings=(*fit.findings, said))


def _with_drift(
    total: Estimate | None, verdict: Verdict | None, drift: Drift, text: str, resolved_sigma: float
) -> tuple[Estimate | None, Verdict | None]:
    if total is None:
        return total, verdict
    total = widen(total, drift.relative_sigma * total.value)
    if verdict is not None and verdict.level == "resolved" and total.sigma > resolved_sigma * total.value:
        verdict = Verdict(level="weak", reason=f"{verdict.reason}; {text}", code="total_drift")
    return total, verdict
