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
    "estimate_text": "pipeline.core.report.text",
    "headline_line": "pipeline.core.report.key_rows",
    "headline_window": "pipeline.core.report.key_rows",
    "load_results": "pipeline.core.batch",
    "load_study": "pipeline.core.study",
    "rebuild_report": "pipeline.core.batch",
    "run_study": "pipeline.core.batch",
    "load_raw": "pipeline.core.raw_files",
    "read_impedance": "pipeline.instruments.recognise",
    "read_scans": "pipeline.techniques.absorption.read.scans",
    "read_sweeps": "pipeline.instruments.recognise",
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
