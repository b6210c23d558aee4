"""The numbers of a figure, as its CSV has them."""

from __future__ import annotations

import csv

from pipeline.core.report.canvas import Drawing


def rows(drawing: Drawing, series: str, panel: str = "") -> list[dict[str, str]]:
    """Of one series, in the panels whose name holds ``panel``."""
    table = csv.DictReader(drawing.csv.decode().splitlines())
    return [r for r in table if r["series"] == series and panel in r["panel"]]
