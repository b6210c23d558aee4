"""What a reduction was made with, for tests that need a whole result and not its numbers."""

from __future__ import annotations

from typing import Any

from pipeline.techniques.absorption.model import ReductionUsed


def reduction_used(**changes: Any) -> ReductionUsed:
    """The defaults of a reduction of usual ranges, some of them changed."""
    usual: dict[str, Any] = {
        "pre1_ev": -150.0,
        "pre2_ev": -30.0,
        "norm1_ev": 150.0,
        "norm2_ev": 700.0,
        "n_norm": 2,
        "bkg_k_weight": 2,
        "bkg_k_min": 0.0,
        "bkg_k_max": 14.0,
        "bkg_dk": 0.1,
        "bkg_window": "hanning",
        "clamp_low": 0.0,
        "clamp_high": 0.0,
        "n_clamp": 5,
        "n_spline": 9,
        "align": "auto",
        "calibrated": False,
    }
    return ReductionUsed(**usual | changes)
