"""The joint model of one pellet: the circuit of one spectrum at every temperature, its parameters tied by a linear map.

    theta(T) = offset(T) + tie(T) . p
    ln R_i(T) = b ln(T/T_ref) + B(T) . p_Ri,     ln C_i(T) = D(T) . p_Ci,     ln tau_i = ln R_i + ln C_i

theta is that of single/circuit.py.  B is (1, (1/T - 1/T_ref)/kB) for Arrhenius, (1, ..) with a kink, or one column per
temperature (free R_i).  With C_i the Hsu-Mansfeld capacitance, tau_i = R_i C_i: resistance and capacitance are the physical
parameters.  n_i and R_s are the same at all temperatures, L, Q and m are each temperature's own.  As theta is linear in p, J^T J of
the whole is the sum of tie^T (J^T J) tie over the temperatures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.constants import KB_EV_PER_K
from pipeline.techniques.impedance.fit.levenberg_marquardt import Bounds, Index, Rows, minimize
from pipeline.techniques.impedance.fit.single.circuit import (
    BLOCKING_BOUNDS,
    N_BOUNDS,
    Circuit,
    weighted_rows,
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SeriesData:
    """Kept points of all temperatures, coldest first, one row for each; shorter rows are filled up with points of no weight."""

    temperature_k: FloatArray
    """(M,)"""
    omega: FloatArray
    """(M, n) rad/s"""
    impedance_ohm: ComplexArray
    """(M, n)"""
    weight: FloatArray
    """(M, n) 1/(noise |Z|), 1/ohm; zero where a row is filled up."""
    target: FloatArray = field(init=False)
    """(M, 2n) Re Z and Im Z, weighted."""

    def __post_init__(self) -> None:
        z = self.impedance_ohm * self.weight
        object.__setattr__(self, "target", np.concatenate([z.real, z.imag], axis=1))

    @property
    def n_points(self) -> Index:
        """(M,) of each temperature."""
        return np.asarray(np.count_nonzero(self.weight, axis=1))

    @property
    def n_residuals(self) -> int:
        """Real residuals: Re and Im of every point."""
        return 2 * int(np.count_nonzero(self.weight))


class Blocks(NamedTuple):
    """Where the parameters of a kind stand in p: by arc and then by column, by arc, R_s, and by temperature L, Q, m."""

    resistance: slice
    capacitance: slice
    exponent: slice
    series: slice
    local: slice


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SeriesModel:
    """The circuit, and the design matrices that tie its arcs over temperature."""

    circuit: Circuit
    resistance_design: FloatArray
    """B, (M, q)"""
    capacitance_design: FloatArray
    """D, (M, r)"""
    offset: FloatArray
    """b ln(T/T_ref), (M,)"""
    free_exponents: bool = False
    """One exponent per temperature and arc: only for the test of the assumption."""

    @property
    def n_arcs(self) -> int:
        """Arcs at every temperature."""
        return self.circuit.n_arcs

    @property
    def blocks(self) -> Blocks:
        """The kinds of parameters, in their order."""
        c, (n_t, q) = self.circuit, self.resistance_design.shape
        sizes = (
            c.n_arcs * q,
            c.n_arcs * self.capacitance_design.shape[1],
            c.n_arcs * (n_t if self.free_exponents else 1),
            int(c.series),
            n_t * (c.inductance + 2 * c.blocking),
        )
        ends = np.cumsum(sizes)
        return Blocks(*(slice(int(end - size), int(end)) for size, end in zip(sizes, ends, strict=True)))

    @property
    def n_parameters(self) -> int:
        """Length of p."""
        return int(self.blocks.local.stop)

    def tie(self) -> tuple[FloatArray, FloatArray]:
        """Offset (M, k) and tie (M, k, p) of the k parameters of the circuit at each temperature."""
        c, m, at = self.circuit, self.circuit.n_arcs, self.blocks
        n_t, q = self.resistance_design.shape
        r = self.capacitance_design.shape[1]
        offset, out = np.zeros((n_t, c.n_parameters)), np.zeros((n_t, c.n_parameters, self.n_parameters))
        offset[:, : 2 * m] = self.offset[:, None]
        for i in range(m):
            of_r = slice(at.resistance.start + i * q, at.resistance.start + (i + 1) * q)
            of_c = slice(at.capacitance.start + i * r, at.capacitance.start + (i + 1) * r)
            out[:, i, of_r] = out[:, m + i, of_r] = self.resistance_design
            out[:, m + i, of_c] = self.capacitance_design
            if self.free_exponents:
                of_n = at.exponent.start + i * n_t
                out[:, 2 * m + i, of_n : of_n + n_t] = np.eye(n_t)
            else:
                out[:, 2 * m + i, at.exponent.start + i] = 1.0
        if c.series:
            out[:, c.position("series"), at.series] = 1.0
        own = [c.position(name) for name in ("inductance",) * c.inductance + ("q", "m") * c.blocking]
        for t in range(n_t):
            first = at.local.start + t * len(own)
            out[t, own, range(first, first + len(own))] = 1.0
        return offset, out

    def bounds(self) -> Bounds:
        """Exponents physical, all else free; no step of more than 2, in the logarithm or in eV.

        A term that shows at one temperature only moves chi2 by little beside a resistance that all of them know: hence the small
        ``least_curvature``.
        """
        low, high = np.full(self.n_parameters, -np.inf), np.full(self.n_parameters, np.inf)
        at, c = self.blocks, self.circuit
        low[at.exponent], high[at.exponent] = N_BOUNDS
        if c.blocking:
            slopes = slice(at.local.start + 1 + c.inductance, at.local.stop, 2 + c.inductance)
            low[slopes], high[slopes] = BLOCKING_BOUNDS
        return Bounds(low, high, largest_step=2.0, least_curvature=1e-12)


def circuits(p: FloatArray, model: SeriesModel) -> FloatArray:
    """Theta of the circuit at each temperature, (M, k)."""
    offset, tie = model.tie()
    return offset + tie @ p


def residuals(p: FloatArray, model: SeriesModel, data: SeriesData) -> FloatArray:
    """Weighted residuals (M, 2n), real parts, then imaginary ones; zero where a row is filled up."""
    return weighted_rows(circuits(p, model), model.circuit, data.omega, data.weight)[:, -1] - data.target


def _evaluate(p: FloatArray, model: SeriesModel, data: SeriesData, tie: tuple[FloatArray, FloatArray]) -> Rows:
    """Cost and normal equations of every row of p (s, p)."""
    offset, to_circuit = tie
    (s, n_p), (m, k) = p.shape, offset.shape
    chi2, normal, gradient = np.empty(s), np.empty((s, n_p, n_p)), np.empty((s, n_p))
    flat = to_circuit.reshape(m * k, n_p)
    for i in range(s):
        rows = weighted_rows(offset + to_circuit @ p[i], model.circuit, data.omega, data.weight)
        rows[:, -1] -= data.target
        product = rows @ rows.transpose(0, 2, 1)
        chi2[i] = product[:, -1, -1].sum()
        normal[i] = flat.T @ (product[:, :-1, :-1] @ to_circuit).reshape(m * k, n_p)
        gradient[i] = -(flat.T @ product[:, :-1, -1].ravel())
    return Rows(p, np.empty((s, 0)), np.where(np.isfinite(chi2), chi2, np.inf), normal, gradient)


def fit_rows(
    p: FloatArray,
    model: SeriesModel,
    data: SeriesData,
    *,
    iterations: int = 200,
    tolerance: float = 1e-9,
    prune: Mapping[int, int] | None = None,
) -> Rows:
    """Fit from every row of p (s, p)."""
    tie = model.tie()

    def evaluate(x: FloatArray, _: Index) -> Rows:
        return _evaluate(x, model, data, tie)

    return minimize(evaluate, p, model.bounds(), iterations=iterations, tolerance=tolerance, prune=prune)


def fit_model(
    p: FloatArray, model: SeriesModel, data: SeriesData, *, iterations: int = 200, tolerance: float = 1e-9
) -> tuple[FloatArray, float]:
    """Fit from one start: best parameters and the sum of squared weighted residuals."""
    rows = fit_rows(p[None, :], model, data, iterations=iterations, tolerance=tolerance)
    return rows.x[0], float(rows.chi2[0])


def covariance(p: FloatArray, model: SeriesModel, data: SeriesData) -> FloatArray:
    """(p, p) inverse of J^T J; exponents of arcs at a bound are held (their rows are zero)."""
    normal = _evaluate(p[None, :], model, data, model.tie()).normal[0]
    at = np.arange(p.size)[model.blocks.exponent]
    held = at[(p[at] <= N_BOUNDS[0] + 1e-9) | (p[at] >= N_BOUNDS[1] - 1e-9)]
    free = np.setdiff1d(np.arange(p.size), held)
    inner = normal[np.ix_(free, free)]
    norm = np.sqrt(np.maximum(np.diag(inner), 1e-300))
    out = np.zeros(normal.shape)
    out[np.ix_(free, free)] = np.linalg.pinv(inner / np.outer(norm, norm), rcond=1e-14, hermitian=True)
    out[np.ix_(free, free)] /= np.outer(norm, norm)
    return out


def without_series(p: FloatArray, model: SeriesModel) -> tuple[FloatArray, SeriesModel]:
    """The same parameters and model without R_s."""
    return np.delete(p, model.blocks.series), replace(model, circuit=replace(model.circuit, series=False))


def arrhenius_design(temperature_k: Sequence[float] | FloatArray, t_ref_k: float, kink_k: float | None) -> FloatArray:
    """B: (1, x) with x = (1/T - 1/T_ref)/kB in 1/eV; with a kink, x below and x above it, continuous there."""
    t = np.asarray(temperature_k, dtype=float)
    x = (1 / t - 1 / t_ref_k) / KB_EV_PER_K
    if kink_k is None:
        return np.column_stack([np.ones_like(x), x])
    x0 = (1 / kink_k - 1 / t_ref_k) / KB_EV_PER_K
    return np.column_stack([np.ones_like(x), np.maximum(x, x0), np.minimum(x, x0)])
