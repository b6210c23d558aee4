"""Reduction pipeline of a solid-electrolyte lab: raw instrument exports in, printable numbers out.

    raw file -> read -> check -> fit -> summarize -> report

Read ``flow.py`` first: it is the whole chain, one function per technique.

Public names: ``run_study``, ``load_results``, ``rebuild_report``, ``load_study``, ``read_impedance``, ``read_sweeps``,
``read_scans``; and ``to_lmfit``, ``to_impedance``, ``to_larch``, which hand a result over to those packages;
``estimate_text``, ``headline_line``, ``headline_window``, which show a result as the report does.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "estimate_text": "pipeline.report.text",
    "headline_line": "pipeline.report.rows.key",
    "headline_window": "pipeline.report.rows.key",
    "load_results": "pipeline.batch",
    "load_study": "pipeline.study",
    "rebuild_report": "pipeline.batch",
    "run_study": "pipeline.batch",
    "load_raw": "pipeline.read.source",
    "read_impedance": "pipeline.read.recognise",
    "read_scans": "pipeline.read.absorption",
    "read_sweeps": "pipeline.read.recognise",
    "to_impedance": "pipeline.fit.eis.exchange",
    "to_larch": "pipeline.fit.xas.exchange",
    "to_lmfit": "pipeline.fit.eis.exchange",
}

__all__ = sorted(_PUBLIC)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``import pipeline`` stays light."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
