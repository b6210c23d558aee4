"""Reduction pipeline of a solid-electrolyte lab: raw instrument exports in, printable numbers out.

    raw file -> read -> check -> fit -> summarize -> report

Read ``core/technique.py`` first: what a technique declares; then one room of ``techniques``, and ``core/flow.py``, the one loop.

Public names: ``run_study``, ``load_results``, ``rebuild_report``, ``load_study``, ``read_impedance``, ``read_sweeps``,
``read_scans``; and ``to_lmfit``, ``to_impedance``, ``to_larch``, which hand a result over to those packages;
``estimate_text``, ``headline_line``, ``headline_window``, which show a result as the report does.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "estimate_text": "pipeline.core.report.text",
    "headline_line": "pipeline.techniques.impedance.summarize.headline",
    "headline_window": "pipeline.techniques.sweeps.model",
    "load_raw": "pipeline.core.raw_files",
    "load_results": "pipeline.core.batch.run",
    "load_study": "pipeline.core.study.load",
    "read_impedance": "pipeline.techniques.impedance.read.spectra",
    "read_scans": "pipeline.techniques.absorption.read.scans",
    "read_sweeps": "pipeline.techniques.sweeps.read",
    "rebuild_report": "pipeline.core.batch.run",
    "run_study": "pipeline.core.batch.run",
    "to_impedance": "pipeline.techniques.impedance.fit.exchange",
    "to_larch": "pipeline.techniques.absorption.fit.exchange",
    "to_lmfit": "pipeline.techniques.impedance.fit.exchange",
}

__all__ = sorted(_PUBLIC)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``import pipeline`` stays light."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
