"""The style of figures."""

from __future__ import annotations

from pipeline.core.report.style import RC


def test_letters_are_seven_points_or_more():
    sizes = [
        v for k, v in RC.items() if k.endswith(("size", "labelsize")) and isinstance(v, float) and "marker" not in k
    ]
    assert min(v for v in sizes if v != RC["errorbar.capsize"]) >= 7
