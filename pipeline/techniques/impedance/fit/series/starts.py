"""Starting points of the joint fit: single fits that resolve the arcs, and random splits of the total."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.fit.series.model import SeriesData, SeriesModel
from pipeline.techniques.impedance.fit.single.circuit import arc_capacitance
from pipeline.techniques.impedance.model import SpectrumFit


def draw_starts(
    model: SeriesModel, data: SeriesData, fits: Sequence[SpectrumFit], n: int, seed: int
) -> list[FloatArray]:
    """Parameter vectors for a tied model without drift, ``n`` at random and one per resolved set.

    ``fits`` are in the order of ``data``.
    """
    rng = np.random.default_rng([seed, model.n_arcs])
    series = [np.log(0.05 * np.abs(data.impedance_ohm[data.weight > 0]).min())] if model.circuit.series else []
    local = np.concatenate([series, _local(model, fits)])
    m = model.n_arcs
    total = np.array([_total(f) for f in fits])
    line = _line(model, np.log(total))
    tau = _time_constants(fits)
    out = []
    split = _from_single(model, fits)
    if split is not None:
        out.append(np.concatenate([split, local]))
    for _ in range(n):
        share = rng.dirichlet(np.full(m, 2.0))
        ea = np.maximum(line[1] + rng.normal(0, 0.08, m), 0.02) if m > 1 else np.array([line[1]])
        x_cold = model.resistance_design[0, 1]
        ln_r_ref = line[0] + line[1] * x_cold + np.log(share) - ea * x_cold
        ln_tau = np.sort(rng.uniform(np.log(tau[0] / 3), np.log(tau[1] * 3), m))
        ln_c = ln_tau - (line[0] + line[1] * x_cold + model.offset[0] + np.log(share))
        exponents = rng.uniform(0.8, 0.98, m)
        out.append(np.concatenate([np.column_stack([ln_r_ref, ea]).ravel(), ln_c, exponents, local]))
    return out


def _total(fit: SpectrumFit) -> float:
    if fit.total_resistance is not None:
        return fit.total_resistance.value
    z = fit.checked.spectrum.impedance_ohm[np.array(fit.checked.keep)]
    return float(max(z.real[np.argmin(np.abs(z.imag))], np.abs(z).min()))


def _line(model: SeriesModel, ln_r: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.lstsq(model.resistance_design, ln_r - model.offset, rcond=None)[0])


def _time_constants(fits: Sequence[SpectrumFit]) -> tuple[float, float]:
    """Fastest and slowest 1/(2 pi f_apex) of the coldest spectrum that shows an arc."""
    for f in fits:
        inside = [a.apex_hz for a in f.arcs if np.isfinite(a.apex_hz) and a.apex_over_f_max < 10]
        if inside:
            return 1 / (2 * np.pi * max(inside)), 1 / (2 * np.pi * min(inside))
    f_max = max(float(f.checked.spectrum.frequency_hz.max()) for f in fits)
    return 0.1 / (2 * np.pi * f_max), 10 / (2 * np.pi * f_max)


def _from_single(model: SeriesModel, fits: Sequence[SpectrumFit]) -> FloatArray | None:
    """Lines through the arcs of the spectra that were fitted with as many arcs."""
    m = model.n_arcs
    rows = []
    for t, f in enumerate(fits):
        if f.n_arcs != m:
            continue
        values = dict(zip(f.parameter_names, f.parameter_values, strict=True))
        arcs = [_arc(values, a.number) for a in f.arcs]
        if all(a is not None for a in arcs):
            rows.append((t, np.array(arcs, dtype=float)))
    if len(rows) < 2:
        return None
    index, found = [t for t, _ in rows], np.array([a for _, a in rows])
    ln_r, ln_c, n = np.log(found[..., 0]), np.log(found[..., 1]), found[..., 2]
    design = model.resistance_design[index]
    offset = model.offset[index][:, None]
    theta = np.linalg.lstsq(design, ln_r - offset, rcond=None)[0]
    theta[1] = np.where(theta[1] > 0.02, theta[1], 0.2)
    return np.concatenate([theta.T.ravel(), np.median(ln_c, axis=0), np.median(n, axis=0)])


def _arc(values: dict[str, float], number: int) -> tuple[float, float, float] | None:
    """R, C (Hsu-Mansfeld) and n of one arc from the fit's parameters."""
    r = values.get(f"R{number}")
    if r is None or r <= 0:
        return None
    if f"C{number}" in values:
        return r, values[f"C{number}"], 1.0
    q, n = values.get(f"CPE{number}_0"), values.get(f"CPE{number}_1")
    if q is None or n is None or q <= 0:
        return None
    return r, arc_capacitance(r, q, n), n


def _local(model: SeriesModel, fits: Sequence[SpectrumFit]) -> FloatArray:
    """Inductance and blocking terms of each spectrum; where it does not show them, the median of those that do."""
    inductances = [f.inductance.value for f in fits if f.inductance is not None]
    tails = [(f.blocking_q.value, f.blocking_exponent.value) for f in fits if f.blocking_q and f.blocking_exponent]
    out: list[float] = []
    for f in fits:
        if model.circuit.inductance:
            value = f.inductance.value if f.inductance is not None else float(np.median(inductances))
            out.append(float(np.log(max(value, 1e-12))))
        if model.circuit.blocking:
            q, m = np.median(np.array(tails), axis=0)
            if f.blocking_q is not None and f.blocking_exponent is not None:
                q, m = f.blocking_q.value, f.blocking_exponent.value
            out += [float(np.log(q)), float(m)]
    return np.array(out)
