"""The rule of Meyer and Neldel comes back from lines that were given at different temperatures."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.values import Estimate
from pipeline.techniques.impedance.model import ArrheniusFit
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius
from pipeline.techniques.impedance.summarize.meyer_neldel import relate_prefactors
from tests.conduction_points import COLD, GOOD, KB, line_through, points_along


def line(sample: str, ea: float, ln_a: float, t_ref_k: float) -> ArrheniusFit:
    """ln(sigma T) = ln A - Ea/(kB T), told at its own T_ref."""
    return ArrheniusFit(
        sample=sample,
        quantity="total",
        method="single",
        basis="sigma_T",
        activation_energy_ev=Estimate(value=ea, sigma=1e-4, unit="eV"),
        t_ref_k=t_ref_k,
        ln_value_at_t_ref=Estimate(value=ln_a - ea / (KB * t_ref_k), sigma=1e-3, unit="1"),
        ln_prefactor=Estimate(value=ln_a, sigma=0.01, unit="1"),
        conductivity_25c_s_per_m=None,
        extrapolated=False,
        n_points=7,
        n_left_out=0,
        t_min_k=t_ref_k - 30,
        t_max_k=t_ref_k + 30,
        kink_temperature_k=None,
        second_activation_energy_ev=None,
        correlation=0.0,
        verdict=GOOD,
    )


@pytest.mark.parametrize(
    "t_ref_k", [(250.0,) * 5, (230.0, 240.0, 250.0, 260.0, 270.0), (290.0, 220.0, 250.0, 215.0, 280.0)]
)
def test_the_energy_does_not_hang_on_where_each_line_was_told(t_ref_k):
    """ln A = 2 + Ea/0.040 eV; all lines cross at one temperature, 0.040 eV/kB = 464 K."""
    energies = (0.25, 0.30, 0.35, 0.40, 0.45)
    lines = [line(f"{i}", e, 2 + e / 0.040, t) for i, (e, t) in enumerate(zip(energies, t_ref_k, strict=True))]
    found = relate_prefactors(lines)
    assert found.n_samples == 5
    assert found.t_ref_k == pytest.approx(5 / sum(1 / t for t in t_ref_k))
    assert found.energy_ev.value == pytest.approx(0.040, rel=1e-9)
    assert found.energy_ev.low < 0.040 < found.energy_ev.high
    assert math.isclose(1 / found.energy_ev.low - 25, 25 - 1 / found.energy_ev.high, rel_tol=1e-6)


def test_meyer_neldel_only_from_four_samples() -> None:
    def lines(n: int, e_mn: float) -> list[ArrheniusFit]:
        energies = 0.25 + 0.05 * np.arange(n)
        out = []
        for i, ea in enumerate(energies):
            scale = np.exp((ea - 0.25) * (1 / e_mn - 1 / (KB * 298.15)))
            out += fit_arrhenius(points_along(COLD, float(ea), sample=f"{i}", scale=float(scale)), ArrheniusSettings())
        return out

    three = relate_prefactors(lines(3, 0.05))
    assert three is not None
    assert three.energy_ev is None
    assert "3 sample(s), 4 needed" in three.verdict.reason
    six = relate_prefactors(lines(6, 0.05))
    assert six is not None
    assert six.energy_ev is not None
    assert six.energy_ev.value == pytest.approx(0.05, rel=0.02)


def test_lines_without_a_geometry_have_no_prefactor_to_relate():
    lines = [line_through(points_along(np.linspace(220, 300, 7), e, sample=str(e))) for e in (0.30, 0.34, 0.38, 0.42)]
    assert relate_prefactors([replace(a, ln_value_at_t_ref=None, ln_prefactor=None) for a in lines]) is None
