"""The rule of Meyer and Neldel comes back from lines that were given at different temperatures."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import ArrheniusFit
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius
from pipeline.techniques.impedance.summarize.meyer_neldel import relate_prefactors
from tests.conduction_points import COLD, KB, bare_line, line_through, points_along


def line(sample: str, ea: float, ln_a: float, t_ref_k: float = 250.0, **more: Any) -> ArrheniusFit:
    """ln(sigma T) = ln A - Ea/(kB T), told at its own T_ref."""
    value = Estimate(value=ln_a - ea / (KB * t_ref_k), sigma=1e-3, unit="1")
    return bare_line(ea, 1e-4, sample=sample, t_ref_k=t_ref_k, **({"ln_value_at_t_ref": value} | more))


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


T2, Z95 = 4.302653, 1.959964
FOUR = (0.25, 0.30, 0.35, 0.40)
S_XX = 0.0125
"""Squares of these about their mean."""


def four(sigma: float, energies: tuple[float, ...] = FOUR, rise: float = 25.0, **more: Any):
    """ln A = 2 + 25/eV Ea exactly, each value at 250 K known to ``sigma``."""
    lines = [line(str(i), e, 2 + rise * e, **more) for i, e in enumerate(energies)]
    return relate_prefactors(
        [replace(a, ln_value_at_t_ref=replace(a.ln_value_at_t_ref, sigma=sigma)) for a in lines if a.ln_value_at_t_ref]
    )


def slope_sigma(sigma: float) -> float:
    """Four points on a line by luck know it no better than their own sigma, as an interval of 95 %."""
    return Z95 / T2 * sigma / math.sqrt(S_XX)


def test_energy_sigma_and_interval_by_hand() -> None:
    """The geometry's 4 % beside 3 % of the value are 5 %."""
    e = four(0.03, geometry_relative_sigma=0.04).energy_ev
    s, half = slope_sigma(0.05), Z95 * 0.05 / math.sqrt(S_XX)
    found = (e.value, e.sigma, e.low95, e.high95)
    assert found == pytest.approx((1 / 25, s / 25**2, 1 / (25 + half), 1 / (25 - half)), rel=1e-5)


def test_a_line_told_elsewhere_carries_the_error_of_its_energy_to_the_common_temperature() -> None:
    """Told at 240 K (two) and 260 K (two): 0.5 eV^-1 times sigma(Ea) each, 4 to the value's 3."""
    t_ref = (240.0, 260.0, 260.0, 240.0)
    common = 4 / sum(1 / t for t in t_ref)
    shift = abs(1 / 240 - 1 / common) / KB
    assert shift == pytest.approx(abs(1 / 260 - 1 / common) / KB)
    lines = [line(str(i), e, 2 + 25 * e, t) for i, (e, t) in enumerate(zip(FOUR, t_ref, strict=True))]
    wide = Estimate(value=0.0, sigma=0.03, unit="1")
    lines = [
        replace(
            a,
            ln_value_at_t_ref=replace(wide, value=a.ln_value_at_t_ref.value),
            activation_energy_ev=replace(wide, value=a.activation_energy_ev.value, sigma=0.04 / shift),
        )
        for a in lines
        if a.ln_value_at_t_ref and a.activation_energy_ev
    ]
    e = relate_prefactors(lines).energy_ev
    assert (e.value, e.sigma) == pytest.approx((1 / 25, slope_sigma(0.05) / 25**2), rel=1e-5)


WIDE = 0.05 * 25 * math.sqrt(S_XX) * T2 / Z95
"""Sigma of a value that makes 5 % of the slope."""
NO_RISE = 25 * math.sqrt(S_XX) / Z95


@pytest.mark.parametrize(
    ("found", "level", "code", "given"),
    [
        (four(0.99 * WIDE), "resolved", "determined", True),
        (four(1.01 * WIDE), "weak", "wide", True),
        (four(0.99 * NO_RISE), "weak", "wide", True),
        (four(1.01 * NO_RISE), "unresolved", "no_rise", False),
        (four(0.001, rise=-25.0), "unresolved", "no_rise", False),
        (four(0.001, (0.3, 0.3, 0.31, 0.3201)), "resolved", "determined", True),
        (four(0.001, (0.3, 0.3, 0.31, 0.3199)), "unresolved", "energies_alike", False),
        (four(0.001, FOUR[:3]), "unresolved", "points_few", False),
    ],
    ids=str,
)
def test_every_rule_of_meyer_and_neldel(found, level: str, code: str, given: bool) -> None:
    assert (found.verdict.level, found.verdict.code, found.energy_ev is not None) == (level, code, given)


def test_rules_in_words() -> None:
    s = slope_sigma(0.1)
    text = f"4 samples at T_ref = 250.0 K, 1/E_MN = 25.0 ± {s:.1f} per eV"
    assert four(0.1).verdict.reason == text
    assert four(2.0).verdict.reason.endswith(" per eV: no significant rise of the prefactor with Ea")
    alike = four(0.001, (0.3, 0.3, 0.305, 0.312)).verdict.reason
    assert alike == "activation energies within 0.012 eV: no line through one point"


def test_which_lines_are_related() -> None:
    """Of each sample the total in ln(sigma T) without a kink, of the single fits before the joint one."""
    lines = [line(str(i), e, 2 + e / 0.040) for i, e in enumerate(FOUR)]
    poor = Verdict(level="unresolved", reason="", code="")
    strange = [
        line("kinked", 0.5, 0.0, kink_temperature_k=Estimate(value=250.0, sigma=1.0, unit="K")),
        line("bulk", 0.5, 0.0, quantity="bulk"),
        line("sigma", 0.5, 0.0, basis="sigma"),
        line("poor", 0.5, 0.0, verdict=poor),
        line("none", 0.5, 0.0, activation_energy_ev=None),
        line("0", 0.5, 0.0, method="series"),
    ]
    found = relate_prefactors([*strange, *lines])
    assert found.n_samples == 4
    assert found.energy_ev.value == pytest.approx(0.040)
    joint = relate_prefactors([*lines[1:], line("0", 0.25, 2 + 0.25 / 0.040, method="series")])
    assert joint.energy_ev.value == pytest.approx(0.040)
    assert relate_prefactors(strange[:5]) is None
