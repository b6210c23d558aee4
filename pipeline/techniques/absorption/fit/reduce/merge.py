"""Scans of one sample at one edge -> one mu(E): aligned, outliers left out, weighted by noise, on the common range only.

    mu = sum_i w_i mu_i / sum_i w_i,   w_i = 1 / sigma_i^2,   standard error = 1 / sqrt(sum_i w_i)

Scans are brought to one scale by their edge steps and pre-edge lines first.  A point that the check masked in one scan
is taken from the others; where all are masked the merged spectrum has no point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import make_interp_spline

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Finding
from pipeline.science.constants import EV_PER_K2
from pipeline.science.edges import edge_energy
from pipeline.techniques.absorption.fit.reduce.alignment import edge_shift
from pipeline.techniques.absorption.fit.reduce.normalization import Normalized, choose_ranges, find_e0, normalize
from pipeline.techniques.absorption.model import CheckedScan, OverAbsorption, ScanUse


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Prepared:
    """One checked scan ready to be merged: finite, strictly ascending, on the aligned energy scale."""

    checked: CheckedScan
    energy_ev: FloatArray
    """(n,) shifted."""
    mu: FloatArray
    sigma: FloatArray
    """(n,) 1 sigma of mu."""
    gap_before: np.ndarray
    """(n,) True where points between this one and the one before were masked."""
    e0_ev: float
    norm: Normalized
    shift_ev: float = 0.0
    shift_sigma_ev: float = 0.0
    reference_e0_ev: float | None = None

    @property
    def file(self) -> str:
        """Name for messages."""
        source = self.checked.scan
        return source.source.file if source.loop == 1 else f"{source.source.file} (scan {source.loop})"

    @property
    def noise(self) -> float:
        """1 sigma of the normalised mu behind the edge."""
        above = self.energy_ev > self.e0_ev + 45
        return float(np.sqrt(np.mean((self.sigma[above] if above.any() else self.sigma) ** 2))) / self.norm.edge_step


def kept_points(checked: CheckedScan) -> tuple[FloatArray, FloatArray, FloatArray, np.ndarray]:
    """Energies, mu, sigma of the kept points, repeated energies averaged; and where masked points lie between."""
    scan = checked.scan
    keep = np.array(checked.keep)
    index = np.flatnonzero(keep)
    e, m = scan.energy_ev[index], scan.mu[index]
    s = checked.mu_sigma[index] if checked.mu_sigma is not None else np.full(e.size, np.nan)
    gap = np.concatenate([[False], np.diff(index) > 1])
    group = np.concatenate([[0], np.cumsum(np.diff(e) > 1e-3)])
    if group[-1] + 1 < e.size:
        count = np.bincount(group)
        e, m = np.bincount(group, e) / count, np.bincount(group, m) / count
        s = np.sqrt(np.bincount(group, s**2)) / count
        gap = np.bincount(group, gap) > 0
    if checked.rise_ev is not None:
        e, m, s, gap = _rebin(e, m, s, gap, checked.rise_ev)
    floor = 1e-6 * float(np.ptp(m))
    return e, m, np.where(np.isfinite(s), np.maximum(s, floor), floor), gap


def _rebin(
    e: FloatArray, m: FloatArray, s: FloatArray, gap: np.ndarray, edge_ev: float
) -> tuple[FloatArray, FloatArray, FloatArray, np.ndarray]:
    """Points behind the edge that lie denser than half the k grid are averaged in bins of 0.05 1/angstrom (quick scans)."""
    k = np.sqrt(np.clip(e - edge_ev, 0, None) / EV_PER_K2)
    far = k > 3.5
    if far.sum() < 50 or float(np.median(np.diff(k[far]))) > 0.025:
        return e, m, s, gap
    group = np.concatenate([np.arange(np.sum(~far)), np.sum(~far) + np.unique(k[far] // 0.05, return_inverse=True)[1]])
    count = np.bincount(group)
    return (
        np.bincount(group, e) / count,
        np.bincount(group, m) / count,
        np.sqrt(np.bincount(group, s**2)) / count,
        np.bincount(group, gap) > 0.5 * count,
    )


def put_on_grid(
    energy_ev: FloatArray, values: FloatArray, sigma: FloatArray, gap_before: np.ndarray, grid_ev: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Values and sigma on another grid; NaN outside the data and between points that enclose a masked one.

    A grid point that falls on a datum is taken over as it is; others come from the cubic spline through the data.
    """
    right = np.clip(np.searchsorted(energy_ev, grid_ev, side="left"), 1, energy_ev.size - 1)
    left = right - 1
    nearest = np.where(grid_ev - energy_ev[left] < energy_ev[right] - grid_ev, left, right)
    same = np.abs(energy_ev[nearest] - grid_ev) <= 1e-6
    out = np.where(same, values[nearest], make_interp_spline(energy_ev, values, k=3)(grid_ev))
    spread = np.where(same, sigma[nearest], np.sqrt(0.5 * (sigma[left] ** 2 + sigma[right] ** 2)))
    inside = (grid_ev >= energy_ev[0] - 1e-6) & (grid_ev <= energy_ev[-1] + 1e-6)
    bad = ~inside | (~same & gap_before[right])
    return np.where(bad, np.nan, out), np.where(bad, np.nan, spread)


def prepare(checked: CheckedScan, e0_ev: float | None = None) -> Prepared:
    """Kept points, e0 and normalisation of one scan, before any shift.

    Raises
    ------
    ValueError
        No pre-edge or post-edge.
    """
    e, m, s, gap = kept_points(checked)
    near = checked.rise_ev if checked.rise_ev is not None else float(e[np.argmax(np.gradient(m, e))])
    e0 = find_e0(e, m, near, 15.0) if e0_ev is None else e0_ev
    reference_e0 = None
    scan = checked.scan
    if scan.reference_mu is not None and checked.reference_rise_ev is not None:
        good = np.isfinite(scan.reference_mu) & np.isfinite(scan.energy_ev)
        reference_e0 = find_e0(scan.energy_ev[good], scan.reference_mu[good], checked.reference_rise_ev, 10.0)
    return Prepared(
        checked=checked,
        energy_ev=e,
        mu=m,
        sigma=s,
        gap_before=gap,
        e0_ev=e0,
        norm=normalize(e, m, e0, choose_ranges(e, e0)),
        reference_e0_ev=reference_e0,
    )


def moved(scan: Prepared, shift_ev: float, sigma_ev: float) -> Prepared:
    """The scan on an energy scale shifted by ``shift_ev``."""
    if shift_ev == 0:
        return replace(scan, shift_sigma_ev=sigma_ev)
    ref = scan.reference_e0_ev
    return replace(
        scan,
        energy_ev=scan.energy_ev + shift_ev,
        e0_ev=scan.e0_ev + shift_ev,
        norm=replace(scan.norm, e0_ev=scan.norm.e0_ev + shift_ev),
        shift_ev=scan.shift_ev + shift_ev,
        shift_sigma_ev=sigma_ev,
        reference_e0_ev=None if ref is None else ref + shift_ev,
    )


def _reference_signal(scan: Prepared) -> tuple[FloatArray, FloatArray]:
    raw = scan.checked.scan
    assert raw.reference_mu is not None
    good = np.isfinite(raw.reference_mu) & np.isfinite(raw.energy_ev)
    e, first = np.unique(raw.energy_ev[good], return_index=True)
    return e, raw.reference_mu[good][first]


def align(scans: Sequence[Prepared], how: str, findings: list[Finding]) -> list[Prepared]:
    """Every scan shifted onto the first one, by the reference foil or by the sample's own edge.

    Parameters
    ----------
    how:
        ``reference``, ``sample``, ``none``, or ``auto``: the reference where every scan has one of the same edge.
    """
    if how == "auto" and any(s.checked.scan.parameters.get("eshift_ev") for s in scans):
        problem = "the project's own energy shifts are kept, the scans are not aligned again"
        findings.append(Finding(severity="info", field="energy", problem=problem, hint="align = 'reference' does so"))
        how = "none"
    foils = {(s.checked.reference_element, s.checked.reference_edge) for s in scans}
    common = len(foils) == 1 and None not in next(iter(foils))
    if how == "auto":
        how = "reference" if common else "sample"
        if not common and len(scans) > 1:
            told = "no reference channel" if foils == {(None, None)} else "reference missing or different in some scans"
            problem = f"{told}: aligned by the sample's own edge, so a change of the sample would pass for a shift"
            findings.append(Finding(severity="info", field="reference", problem=problem))
    if how == "none" or len(scans) < 2:
        return list(scans)
    first = scans[0]
    out = [first]
    for scan in scans[1:]:
        try:
            if how == "reference" and scan.reference_e0_ev is not None and first.reference_e0_ev is not None:
                mine, other, centre = _reference_signal(scan), _reference_signal(first), first.reference_e0_ev
                start = first.reference_e0_ev - scan.reference_e0_ev
            else:
                mine, other, centre = (scan.energy_ev, scan.mu), (first.energy_ev, first.mu), first.e0_ev
                start = first.e0_ev - scan.e0_ev
            shift, sigma = edge_shift(*mine, *other, centre, start_ev=start)
        except ValueError as error:
            problem = f"{scan.file}: not aligned: {error}"
            findings.append(Finding(severity="warning", field="energy", problem=problem))
            shift, sigma = 0.0, 0.0
        out.append(moved(scan, shift, sigma))
    return out


def calibrate(scans: Sequence[Prepared], wanted: bool, findings: list[Finding]) -> list[Prepared]:
    """All scans shifted together so that the foil of the first lies at its tabulated energy, where that is wanted.

    Says in any case which foil was recognised, and where its edge lies.
    """
    first = scans[0]
    element, edge = first.checked.reference_element, first.checked.reference_edge
    table = edge_energy(element, edge) if element and edge else None
    if table is None or first.reference_e0_ev is None:
        if wanted:
            problem = "not calibrated: the first scan has no reference whose edge is recognised"
            findings.append(Finding(severity="warning", field="reference", problem=problem, hint="calibrate = false"))
        return list(scans)
    off = first.reference_e0_ev - table
    same = (element, edge) == (first.checked.element, first.checked.edge)
    told = f"reference is {element} {edge}{'' if same else ', not the edge of the sample'}: "
    told += f"{first.reference_e0_ev:.2f} eV, {off:+.2f} eV from its tabulated {table:.0f} eV"
    told += "; all shifted by that" if wanted else "; energies are left as measured"
    findings.append(Finding(severity="info", field="reference", problem=told))
    return [moved(s, -off, s.shift_sigma_ev) for s in scans] if wanted else list(scans)


def common_grid(scans: Sequence[Prepared]) -> FloatArray:
    """Energies of the first scan inside the range that all scans cover, masked points of that scan included."""
    low = max(float(s.energy_ev[0]) for s in scans)
    high = min(float(s.energy_ev[-1]) for s in scans)
    first = scans[0]
    masked = first.checked.scan.energy_ev[~np.array(first.checked.keep)] + first.shift_ev
    masked = masked[np.isfinite(masked)]
    far = np.min(np.abs(masked[:, None] - first.energy_ev), axis=1, initial=np.inf) > 1e-3
    e = np.unique(np.concatenate([first.energy_ev, masked[far]]))
    return np.asarray(e[(e >= low - 1e-6) & (e <= high + 1e-6)])


def merge(scans: Sequence[Prepared], grid_ev: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Weighted mean.

    Returns
    -------
    energy, mu, sigma, scatter:
        (n,) where at least one scan has a point; ``scatter`` is chi^2 of the scans about the mean per degree of freedom,
        NaN where one scan alone gave the point.
    """
    steps = np.array([s.norm.edge_step for s in scans])
    weights = np.array([1 / s.noise**2 for s in scans])
    step = float(np.sum(weights * steps) / np.sum(weights))
    rows, spreads, lines = [], [], []
    for s in scans:
        scaled = (s.mu - s.norm.pre_edge) / s.norm.edge_step
        value, sigma = put_on_grid(s.energy_ev, scaled, s.sigma / s.norm.edge_step, s.gap_before, grid_ev)
        rows.append(value)
        spreads.append(sigma)
        lines.append(np.interp(grid_ev, s.energy_ev, s.norm.pre_edge) / s.norm.edge_step)
    y, sd = np.array(rows), np.array(spreads)
    y = _without_drift(y, grid_ev, weights)
    w = np.where(np.isfinite(y) & (sd > 0), 1 / sd**2, 0.0)
    total = w.sum(axis=0)
    have = total > 0
    y0 = np.where(np.isfinite(y), y, 0.0)
    mean = np.sum(w * y0, axis=0)[have] / total[have]
    line = np.average(np.array(lines), axis=0, weights=weights)[have]
    free = (w > 0).sum(axis=0)[have] - 1
    chi2 = np.sum(w[:, have] * (y0[:, have] - mean) ** 2, axis=0)
    scatter = np.where(free > 0, chi2 / np.maximum(free, 1), np.nan)
    return grid_ev[have], step * (mean + line), step / np.sqrt(total[have]), scatter


def _without_drift(y: FloatArray, grid_ev: FloatArray, weights: FloatArray) -> FloatArray:
    """Scans with their slow differences from the mean taken out, so that a point missing in one leaves no step.

    The difference of each scan from the mean is fitted by a cubic polynomial; the mean of the polynomials is kept.
    """
    together = np.all(np.isfinite(y), axis=0)
    if len(y) < 2 or together.sum() < 12 or together.all():
        return y
    x = (grid_ev - grid_ev[0]) / (grid_ev[-1] - grid_ev[0]) * 2 - 1
    basis = np.polynomial.legendre.legvander(x, 3)
    mean = np.average(y[:, together], axis=0, weights=weights)
    fits = np.linalg.lstsq(basis[together], (y[:, together] - mean).T, rcond=None)[0]
    return np.asarray(y - (basis @ (fits - np.average(fits, axis=1, weights=weights)[:, None])).T)


def with_common_e0(scans: Sequence[Prepared]) -> list[Prepared]:
    """Every scan normalised at the median of their edge energies: the noise of e0 is not to change an edge step."""
    e0 = float(np.median([s.e0_ev for s in scans]))
    return [replace(s, norm=normalize(s.energy_ev, s.mu, e0, choose_ranges(s.energy_ev, e0))) for s in scans]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Merged:
    """mu(E) of a sample at an edge, and what became of every scan."""

    sample: str
    first: CheckedScan
    energy_ev: FloatArray
    """(n,)"""
    mu: FloatArray
    sigma: FloatArray
    uses: tuple[ScanUse, ...]
    over_absorption: OverAbsorption | None = None

    @property
    def name(self) -> str:
        """``LCF-Ta Ta L3``"""
        return f"{self.sample} {self.first.element} {self.first.edge}"
