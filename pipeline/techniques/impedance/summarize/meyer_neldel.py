"""Do prefactors follow activation energies?  ln A = a + Ea/E_MN (Meyer and Neldel, Z. Tech. Phys. 18 (1937) 588).

Prefactor and Ea of one line are correlated by extrapolation alone, which fakes the rule.  So the values at a common T_ref,
where they are nearly uncorrelated, are set against Ea:

    ln value(T_ref) = a + Ea (1/E_MN - 1/(kB T_ref))

and only from four samples on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.values import Estimate, Level, Verdict
from pipeline.science.constants import KB_EV_PER_K
from pipeline.science.lines import fit_line
from pipeline.science.statistics import student_t
from pipeline.techniques.impedance.comparisons import MeyerNeldel
from pipeline.techniques.impedance.model import ArrheniusFit

MIN_SAMPLES = 4


def relate_prefactors(lines: Sequence[ArrheniusFit]) -> MeyerNeldel | None:
    """Meyer-Neldel energy of the totals of all samples; None where no sample has a line.

    Parameters
    ----------
    lines:
        Of all samples; the totals in ln(sigma T) without a kink enter, single fits before the joint ones.
    """
    best: dict[str, ArrheniusFit] = {}
    for a in sorted(lines, key=lambda a: a.method != "single"):
        straight = (
            a.kink_temperature_k is None and a.activation_energy_ev is not None and a.ln_value_at_t_ref is not None
        )
        if a.quantity == "total" and a.basis == "sigma_T" and a.verdict.printable and straight:
            best.setdefault(a.sample, a)
    good = list(best.values())
    if not good:
        return None
    t_ref = len(good) / sum(1 / a.t_ref_k for a in good)

    def result(energy: Estimate | None, level: Level, reason: str, code: str) -> MeyerNeldel:
        return MeyerNeldel(
            energy_ev=energy,
            t_ref_k=t_ref,
            n_samples=len(good),
            verdict=Verdict(level=level, reason=reason, code=code),
        )

    if len(good) < MIN_SAMPLES:
        return result(None, "unresolved", f"{len(good)} sample(s), {MIN_SAMPLES} needed", "points_few")
    energies = [a.activation_energy_ev for a in good if a.activation_energy_ev is not None]
    values = [a.ln_value_at_t_ref for a in good if a.ln_value_at_t_ref is not None]
    shift = np.array([(1 / a.t_ref_k - 1 / t_ref) / KB_EV_PER_K for a in good])
    ea = np.array([e.value for e in energies])
    y = np.array([v.value for v in values]) + ea * shift
    sigma = np.hypot([v.sigma for v in values], np.abs(shift) * np.array([e.sigma for e in energies]))
    sigma = np.hypot(sigma, [a.geometry_relative_sigma for a in good])
    if float(np.ptp(ea)) < 0.02:
        why = f"activation energies within {np.ptp(ea):.3f} eV: no line through one point"
        return result(None, "unresolved", why, "energies_alike")
    line = fit_line(ea, y, np.maximum(sigma, 1e-6))
    inverse = line.slope + 1 / (KB_EV_PER_K * t_ref)
    s = float(np.sqrt(line.covariance[1, 1]))
    half = student_t(line.dof) * s
    text = f"{len(good)} samples at T_ref = {t_ref:.1f} K, 1/E_MN = {inverse:.1f} ± {s:.1f} per eV"
    if inverse - half <= 0:
        return result(None, "unresolved", f"{text}: no significant rise of the prefactor with Ea", "no_rise")
    energy = Estimate(
        value=1 / inverse, sigma=s / inverse**2, unit="eV", low95=1 / (inverse + half), high95=1 / (inverse - half)
    )
    if s / inverse > 0.05:
        return result(energy, "weak", text, "wide")
    return result(energy, "resolved", text, "determined")
