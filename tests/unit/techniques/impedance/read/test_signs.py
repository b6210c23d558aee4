"""The sign of Im Z is told by Kramers-Kronig, then by the capacitive majority, and always said."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.instruments.text.roles import read_name
from pipeline.techniques.impedance.read.signs import im_sign, phase_slope_correlation

F = np.geomspace(7e6, 1, 70)
S = 2j * np.pi * F


def circuit(kind: str) -> np.ndarray:
    """Impedances summed by hand, ohm."""
    arc = 1e3 / (1 + 1e3 * 1e-9 * S)
    blocking = 1 / (2e-6 * S**0.85)
    return {
        "arc and blocking tail": arc + blocking,
        "two arcs": arc + 5e3 / (1 + (5e3 * 1e-6 * S) ** 0.9),
        "inductive": 0.02 + 3e-8 * S + 0.03 / (1 + 0.03 * 10 * S),
        "capacitor": 1 / (1e-9 * S),
    }[kind]


KINDS = ("arc and blocking tail", "two arcs", "inductive", "capacitor")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [1, -1])
def test_phase_and_slope_run_together_and_against_each_other_when_conjugated(kind, order):
    z = circuit(kind)[::order]
    f = F[::order]
    assert phase_slope_correlation(f, z.real, z.imag) > 0.8
    assert phase_slope_correlation(f, z.real, -z.imag) < -0.8


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["Z''", ""])
def test_either_sign_in_the_column_gives_the_same_impedance(kind, name):
    z = circuit(kind)
    for true_sign in (1.0, -1.0):
        sign, finding = im_sign(F, z.real, true_sign * z.imag, read_name(name), "auto")
        assert sign == true_sign
        if name == "" or sign < 0:
            assert finding is not None
            assert "Kramers-Kronig" in finding.problem


def test_a_minus_in_the_header_is_believed_and_contradicted_aloud():
    z = circuit("two arcs")
    assert im_sign(F, z.real, -z.imag, read_name("-Z''"), "auto") == (-1.0, None)
    sign, finding = im_sign(F, z.real, z.imag, read_name("-Z''"), "auto")
    assert sign == -1.0
    assert "the data say Im Z" in str(finding)


def test_too_few_points_for_kramers_kronig_are_decided_by_the_majority():
    z = circuit("two arcs")[30:35]
    sign, finding = im_sign(F[30:35], z.real, -z.imag, read_name("Z''"), "auto")
    assert sign == -1.0
    assert "the capacitive majority" in str(finding)


def test_rows_at_0_hz_have_no_say():
    z = circuit("two arcs")[:6]
    f = np.concatenate([np.zeros(50), F[:6]])
    im = np.concatenate([np.full(50, 0.0), z.imag])
    assert im_sign(f, np.concatenate([np.zeros(50), z.real]), im, read_name("Zim (ohms)"), "auto")[0] == 1.0


@pytest.mark.parametrize(("wanted", "sign"), [("as written", 1.0), ("negated", -1.0)])
def test_the_study_decides_over_all(wanted, sign):
    z = circuit("capacitor")
    assert im_sign(F, z.real, z.imag, read_name("-Z''"), wanted) == (sign, None)


def test_noise_decides_nothing():
    rng = np.random.default_rng(3)
    correlations = [abs(phase_slope_correlation(F, *rng.normal(size=(2, 70)))) for _ in range(200)]
    assert np.quantile(correlations, 0.99) < 0.6
