"""A scan measured twice: pairs are told, with their direction where they have one."""

from __future__ import annotations

import numpy as np

from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import ConductivityPoint
from pipeline.techniques.impedance.summarize.repeats import compare_repeats


def test_repeats_pair_scan_2_with_scan_10_and_tell_a_scatter_without_direction():
    """Names in the order of the numbers: up scans 0 ... 9, down scans 10 ... 19; sorted as text, half the pairs turn round."""

    def point(i, t, value):
        e = Estimate(value=value, sigma=1e-3 * value, unit="S/m")
        return ConductivityPoint(
            sample="A",
            temperature_k=t,
            quantity="total",
            method="single",
            conductivity_s_per_m=e,
            verdict=Verdict(level="resolved", reason=""),
            file=f"t{t:.0f}_{i}.mpt",
            geometry_relative_sigma=0.0,
            loop=1,
        )

    temperatures = [200.0 + 10 * i for i in range(10)]
    up = [point(i, t, np.exp(t / 50)) for i, t in enumerate(temperatures)]
    down = [point(19 - i, t, 0.9 * np.exp(t / 50)) for i, t in enumerate(temperatures)]
    found = compare_repeats([*up, *down], 0.5)
    assert found.severity == "warning"
    assert "-10.0 ± 0." in found.problem
    mixed = [point(19 - i, t, (0.9 if i % 2 else 1.1) * np.exp(t / 50)) for i, t in enumerate(temperatures)]
    found = compare_repeats([*up, *mixed], 0.5)
    assert found.severity == "warning"
    assert "no common direction" in found.problem
