"""Lines through points that share an error: a joint fit gives its covariance back."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.science.tied_lines import fit_tied_line
from tests.conduction_points import KB


def test_a_joint_fit_gives_its_covariance_back() -> None:
    t = np.linspace(203.15, 298.15, 7)
    x = -1 / (KB * t)
    covariance = np.array([[4e-4, 3e-5], [3e-5, 1e-5]])
    design = np.column_stack([np.ones_like(x), x - x.mean() + 3.0])
    sigma = np.sqrt(np.einsum("ti,ij,tj->t", design, covariance, design))
    found = fit_tied_line(x, 1.0 + 0.3 * x, sigma, None)
    for x_new in (-1 / (KB * 310), -1 / (KB * 220)):
        g = np.array([1.0, x_new - x.mean() + 3.0])
        value, s = found.at(x_new)
        assert value == pytest.approx(1.0 + 0.3 * x_new)
        assert s == pytest.approx(np.sqrt(g @ covariance @ g), rel=1e-4)
