"""The batched search: its step is that of the whole problem, its linear part never negative, its bounds kept."""

import numpy as np
import pytest
from scipy.optimize import nnls

from pipeline.techniques.impedance.fit.single.starts import draw_starts, lay_grid
from pipeline.techniques.impedance.fit.single.variable_projection import (
    bounds,
    columns,
    fit_rows,
    prepare,
    solve_linear,
)

W = 2 * np.pi * np.geomspace(7e6, 1.0, 69)
Z = 3000 / (1 + (1j * W * 60e-9) ** 0.95) + 2000 / (1 + (1j * W * 6e-6) ** 0.9) + 1 / (2e-6 * (1j * W) ** 0.85)
X = np.array([[np.log(60e-9), np.log(6e-6), 0.95, 0.90, 0.85]])
ALL = np.array([[True, True, False, False, True]])


def test_columns_and_their_derivatives():
    p = prepare(W, Z)
    here = columns(p, X)[0]
    arc = 1 / (1 + (1j * W * 60e-9) ** 0.95) / np.abs(Z)
    np.testing.assert_allclose(here[0], np.concatenate([arc.real, arc.imag]), rtol=1e-12)
    for k, of in ((0, 0), (1, 1), (2, 0), (3, 1), (4, 4)):
        up, down = X.copy(), X.copy()
        up[0, k] += 1e-6
        down[0, k] -= 1e-6
        numeric = (columns(p, up)[0, of] - columns(p, down)[0, of]) / 2e-6
        np.testing.assert_allclose(here[5 + k], numeric, atol=1e-6 * np.abs(numeric).max())


def test_gradient_is_that_of_the_cost_with_the_linear_part_solved():
    p = prepare(W, Z * (1 + 0.01 * np.sin(np.arange(69))))

    def cost(x):
        return fit_rows(p, x, ALL, iterations=0).chi2[0]

    rows = fit_rows(p, X, ALL, iterations=0)
    for k in range(5):
        up, down = X.copy(), X.copy()
        up[0, k] += 1e-5
        down[0, k] -= 1e-5
        assert -2 * rows.gradient[0, k] == pytest.approx((cost(up) - cost(down)) / 2e-5, rel=1e-4, abs=1e-7)


def test_the_linear_part_is_non_negative_least_squares():
    rng = np.random.default_rng(0)
    for _ in range(30):
        a, b = np.abs(rng.standard_normal((12, 4))), rng.standard_normal(12)
        mine = solve_linear((a.T @ a)[None], (a.T @ b)[None, :, None], np.ones((1, 4), dtype=bool))[0][0, :, 0]
        theirs = nnls(a, b)[0]
        assert np.all(mine >= 0)
        assert np.linalg.norm(a @ mine - b) <= 1.1 * np.linalg.norm(a @ theirs - b) + 1e-12


def test_exact_data_are_fitted_exactly_and_terms_not_allowed_stay_zero():
    rows = fit_rows(prepare(W, Z), X + np.array([0.5, -0.5, 0.02, -0.02, 0.05]), ALL, iterations=60, tolerance=1e-12)
    np.testing.assert_allclose(rows.c[0], [3000, 2000, 0, 0, 5e5], rtol=1e-5)
    np.testing.assert_allclose(rows.x[0], X[0], rtol=1e-5)


def test_a_fixed_resistance_and_a_held_exponent_stay():
    fixed = np.array([[2500.0, 0, 0, 0, 0]])
    allowed = np.array([[False, True, False, False, True]])
    held = np.array([[False, False, True, False, False]])
    rows = fit_rows(prepare(W, Z), X, allowed, iterations=20, fixed=fixed, held=held)
    assert rows.c[0, 0] == 2500.0
    assert rows.x[0, 2] == X[0, 2]
    assert rows.c[0, 1] != 2000.0


def test_bounds_are_kept_from_any_start():
    p = prepare(W, Z)
    low, high = bounds(p, 2)
    rng = np.random.default_rng(1)
    x = rng.uniform(low - 3, high + 3, (12, 5))
    rows = fit_rows(p, x, np.repeat(ALL, 12, axis=0), iterations=15)
    assert np.all(rows.x >= low)
    assert np.all(rows.x <= high)
    assert np.all(np.isfinite(rows.chi2))


def test_starts_are_seeded_inside_and_differ():
    p = prepare(W, Z)
    grid, terms = lay_grid(p), np.array([False, False, True])
    a, b = (draw_starts(grid, 2, terms, 300, 8, np.random.default_rng(5), None) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert len(np.unique(a.round(6), axis=0)) == 8
    assert grid.m == pytest.approx(0.85, abs=0.02)
