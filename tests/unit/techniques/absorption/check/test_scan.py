"""The check of an absorption scan: the right edge or one clear line, masks with a reason, and what a person should know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.errors import CheckError
from pipeline.core.sample import Source
from pipeline.techniques.absorption.check.scan import check_scan
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.settings import XasCheckSettings

K2 = 0.26246829
TA, SM = 9881.0, 6716.0


def edge_shape(e: np.ndarray, e0: float, white: float = 1.2) -> np.ndarray:
    return 0.5 + np.arctan((e - e0) / 2.2) / np.pi + white * np.exp(-0.5 * ((e - e0 - 2) / 2.3) ** 2)


def grid(e0: float, k_end: float = 15.0) -> np.ndarray:
    fine = np.concatenate([np.arange(e0 - 200, e0 - 30, 6), np.arange(e0 - 30, e0 + 40, 0.5)])
    return np.concatenate([fine, e0 + np.arange(3.25, k_end, 0.05) ** 2 / K2])


def scan(
    e0: float = TA, *, noise: float = 5e-4, mode: str = "transmission", seed: int = 0, **changes
) -> AbsorptionScan:
    e = grid(e0)
    k = np.sqrt(K2 * np.clip(e - e0, 0, None))
    chi = 0.4 * np.exp(-0.007 * k**2) * np.sin(4.76 * k + 0.5) / (1 + 0.2 * k) * (k > 1.5)
    mu = 0.6 - 4e-4 * (e - e0) + edge_shape(e, e0) + chi
    base = AbsorptionScan(
        source=Source(file="a.dat", format="made up"),
        energy_ev=e,
        mu=mu + noise * np.random.default_rng(seed).standard_normal(e.size),
        mode=mode,
        element="Ta" if e0 == TA else "Sm",
        edge="L3",
    )
    return replace(base, **changes)


def check(s: AbsorptionScan, element: str = "Ta", edge: str = "L3", mode: str | None = "transmission"):
    return check_scan(s, element, edge, mode, XasCheckSettings())


def problems(checked) -> str:
    return " | ".join(str(f) for f in checked.findings)


def test_a_good_scan_passes_without_a_mask_and_with_its_noise():
    c = check(scan(noise=1e-3))
    assert c.rise_ev == pytest.approx(TA, abs=2.0)
    assert sum(c.keep) == len(c.keep)
    far = c.scan.energy_ev > TA + 100
    assert np.median(c.mu_sigma[far]) == pytest.approx(1e-3, rel=0.2)
    assert not c.findings


def test_few_good_scans_lose_a_point():
    lost = sum(len(c.keep) - sum(c.keep) for c in (check(scan(seed=s)) for s in range(60)))
    assert lost <= 3


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("k_at", [5.0, 9.0, 13.0])
def test_glitches_up_to_four_points_are_masked_and_not_replaced(width, k_at):
    s = scan()
    at = int(np.argmin(np.abs(s.energy_ev - TA - k_at**2 / K2)))
    mu = s.mu.copy()
    mu[at : at + width] += 0.03
    c = check(replace(s, mu=mu))
    masked = {i for m in c.masks for i in m.indices}
    assert set(range(at, at + width)) <= masked
    assert len(masked) <= width + 1
    assert all("glitch" in m.reason for m in c.masks)
    np.testing.assert_array_equal(c.scan.mu, mu)


def test_a_longer_run_is_told_and_kept():
    s = scan()
    mu = s.mu.copy()
    mu[300:306] += np.array([0.03, -0.03, 0.03, -0.03, 0.03, -0.03])
    c = check(replace(s, mu=mu))
    assert sum(c.keep) == len(c.keep)
    assert "too many for a glitch" in problems(c)


def test_no_numbers_are_masked():
    s = scan()
    mu = s.mu.copy()
    mu[[10, 200]] = np.nan, np.inf
    c = check(replace(s, mu=mu))
    assert not c.keep[10]
    assert not c.keep[200]
    assert c.masks[0].reason == "not a number"


@pytest.mark.parametrize(
    ("changes", "asked", "field", "words"),
    [
        ({}, ("W", "L3"), "edge", "no rise at W L3"),
        ({}, ("Sm", "L3"), "edge", "does not hold the Sm L3 edge at 6716 eV; the largest rise is at 988"),
        ({}, ("Ta", "K"), "edge", "no Ta K edge in the table"),
        ({"is_chi": True}, ("Ta", "L3"), "mu", "holds chi"),
        ({"mu": np.full(grid(TA).size, np.nan)}, ("Ta", "L3"), "mu", "0 usable points"),
        ({"mu": np.ones(grid(TA).size)}, ("Ta", "L3"), "edge", "no rise"),
        ({"mu": 1 - edge_shape(grid(TA), TA)}, ("Ta", "L3"), "mode", "mu falls at 988"),
    ],
)
def test_what_is_refused_and_with_which_words(changes, asked, field, words):
    with pytest.raises(CheckError) as caught:
        check(scan(**changes), *asked)
    assert caught.value.field == field
    assert words in caught.value.problem
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_fluorescence_given_as_transmission_is_named():
    e = grid(TA)
    counts = 0.1 + edge_shape(e, TA)
    with pytest.raises(CheckError, match="fluorescence data taken for transmission"):
        check(scan(mu=np.log(1 / counts)))


@pytest.mark.parametrize(
    ("e0", "at", "fraction", "name"),
    [(TA, 10209.0, 0.04, "W L3"), (TA, 10369.0, 0.04, "Ga K"), (SM, 6979.0, 0.06, "Eu L3"), (SM, 7114.0, 0.06, "Fe K")],
)
def test_a_foreign_edge_ends_the_range(e0, at, fraction, name):
    s = scan(e0, noise=1e-3)
    c = check(replace(s, mu=s.mu + fraction * edge_shape(s.energy_ev, at, 0.6)), s.element)
    assert f"({name})" in problems(c)
    kept = s.energy_ev[np.array(c.keep)]
    assert at - 25 < kept[-1] < at
    assert any(name in m.reason for m in c.masks)


def test_no_foreign_edge_is_seen_where_there_is_none():
    for e0 in (TA, SM):
        for seed in range(15):
            s = scan(e0, noise=1e-3, seed=seed)
            assert "foreign" not in problems(check(s, s.element))


def test_the_own_next_edge_ends_the_range():
    e = np.concatenate([grid(SM, 12.0), np.arange(SM + 560, SM + 700, 2.0)])
    e = np.unique(e)
    mu = edge_shape(e, SM) + 0.4 * edge_shape(e, 7312.0)
    c = check(scan(SM, energy_ev=e, mu=mu), "Sm")
    assert e[np.array(c.keep)][-1] < 7312 - 10
    assert "Sm L2" in problems(c)


def fluorescence(factors: dict[str, np.ndarray | float], seed: int = 3) -> AbsorptionScan:
    """Four elements of 20,000 counts; ``factors`` multiply single ones."""
    s = scan(noise=0.0, mode="fluorescence")
    rng = np.random.default_rng(seed)
    i0 = np.full(s.mu.size, 1e5)
    counts = {}
    for name in ("A", "B", "C", "D"):
        mean = 2e4 * (s.mu + 0.2) * factors.get(name, 1.0)
        counts[name] = mean + np.sqrt(mean) * rng.standard_normal(mean.size)
    if "dead" in factors:
        counts["B"] = 0 * i0
    if "noisy" in factors:
        counts["C"] = counts["C"] * (1 + 0.1 * rng.standard_normal(i0.size))
    if "saturated" in factors:
        counts["D"] = np.minimum(counts["D"], 2.6e4)
    if "slow" in factors:
        counts["D"] = counts["D"] / (1 + counts["D"] / 1e5)
    mu = np.sum(list(counts.values()), axis=0) / i0
    return replace(s, mu=mu, i0=i0, detectors={n: tuple(v.tolist()) for n, v in counts.items()})


@pytest.mark.parametrize(
    ("fault", "element", "words"),
    [("dead", "B", "dead"), ("noisy", "C", "noisy"), ("saturated", "D", "saturated"), ("slow", "D", "dead time")],
)
def test_bad_detector_elements_are_left_out_one_by_one(fault, element, words):
    s = fluorescence({fault: 1.0})
    c = check(s, mode="fluorescence")
    assert c.detectors_used == tuple(n for n in "ABCD" if n != element)
    assert f"element {element} is left out" in problems(c)
    assert words in problems(c)
    expected = np.sum([s.detectors[n] for n in c.detectors_used], axis=0) / s.i0
    np.testing.assert_allclose(c.scan.mu, expected)


def test_good_detector_elements_all_stay():
    c = check(fluorescence({"A": 0.6, "D": 1.4}), mode="fluorescence")
    assert c.detectors_used == ("A", "B", "C", "D")


def test_suspicions_are_said():
    e = grid(TA)
    assert "looks normalised already" in problems(check(scan(mu=edge_shape(e, TA))))
    assert "larger than the total absorption" in problems(check(scan(mu=edge_shape(e, TA) - 0.5)))
    assert "thicker than advisable" in problems(check(scan(mu=3 * edge_shape(e, TA) + 0.5)))
    assert "too thick" in problems(check(scan(mu=edge_shape(e, TA) + 4.5)))
    flat = edge_shape(grid(SM), SM, white=0.2) + 0.5
    assert "self-absorption" in problems(check(scan(SM, mu=flat, mode="fluorescence"), "Sm", mode="fluorescence"))
    assert "the file says W" in problems(check(scan(element="W")))


def test_the_reference_is_recognised_by_its_own_edge():
    e = grid(TA)
    c = check(scan(reference_mu=0.4 + edge_shape(e, 10209.0, 0.5)))
    assert (c.reference_element, c.reference_edge) == ("W", "L3")
    assert c.reference_rise_ev == pytest.approx(10209, abs=2)
    assert check(scan(reference_mu=np.ones(e.size))).reference_element is None
    assert check(scan()).reference_element is None


def test_the_exafs_of_many_shells_is_no_foreign_edge_but_an_edge_in_it_is():
    """Oxide shells up to 5.6 angstrom at the Fe K edge, as in goethite: nine polynomials in k do not follow them all."""
    shells = ((3, 1.95, 3), (3, 2.1, 3), (2, 3.02, 3), (2, 3.3, 3), (4, 3.45, 4), (8, 3.9, 5), (8, 5.3, 5), (8, 5.6, 6))
    e0 = 7125.0
    e = np.concatenate([np.arange(-160, -20, 2.0), np.arange(-20, 1000, 0.4)]) + e0
    k = np.sqrt(K2 * np.clip(e - e0, 1e-9, None))
    wrong = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        chi = sum(
            0.72 * n * np.exp(-2e-3 * s2 * k**2 - r / 4) / (k * r**2 + 1) / (1 + (k / 6) ** 2)
            * np.sin(2 * r * k - 0.35 * k + 2 + rng.uniform(-1, 1))
            for n, r, s2 in shells
        )  # fmt: skip
        mu = 0.4 - 1e-4 * (e - e0) + edge_shape(e, e0, 0.5) + chi * (k > 1.5) + 1e-4 * rng.standard_normal(e.size)
        s = scan(energy_ev=e, mu=mu, element="Fe", edge="K")
        wrong += "foreign" in problems(check(s, "Fe", "K"))
        with_tb = replace(s, mu=mu + 0.04 * edge_shape(e, 7514.0, 0.5))
        assert "(Tb L3)" in problems(check(with_tb, "Fe", "K"))
    assert wrong == 0
