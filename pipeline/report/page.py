"""One HTML file that opens offline: nothing is fetched, everything is escaped, and its own policy forbids the rest.

The content security policy allows the two inline pieces of this package by their hash, and pictures from data: URIs.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from pipeline.model.summary import RunSummary
from pipeline.report.blocks import Cell, Prose, Section, grid
from pipeline.report.rows.key import key_cells
from pipeline.report.sections.run import error_section, finding_section, mark_of, review_section, setting_section


def render_page(summary: RunSummary) -> bytes:
    """``report.html`` as bytes: UTF-8, line feeds."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_asset), trim_blocks=True, lstrip_blocks=True
    )
    style, script = _asset("style.css"), _asset("script.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    counts = summary.provenance.get("counts")
    text = environment.get_template("report.html").render(
        title=summary.study_name,
        simulated=summary.simulated,
        policy=policy,
        style=Markup(style),  # noqa: S704  (this package's own files)
        script=Markup(script),  # noqa: S704
        sections=list_sections(summary),
        counts=dict(counts) if isinstance(counts, dict) else {},
    )
    return text.encode()


def list_sections(summary: RunSummary) -> tuple[Section, ...]:
    """All sections of the page, in its order; those without content are left out."""
    found = (
        key_section(summary),
        review_section(summary),
        error_section(summary),
        finding_section(summary),
        setting_section(summary),
    )
    return tuple(s for s in found if s is not None)


def key_section(summary: RunSummary) -> Section:
    """The key table: what a paper prints, each value with its uncertainty and verdict."""
    head, rows = key_cells(summary)
    if not rows:
        return Section(id="key", title="Key results", blocks=(Prose(paragraphs=("No results.",)),))
    used = [i for i in range(len(head)) if any(r[i] for r in rows)]
    cells = [[mark_of(r[i]) if "verdict" in head[i] else Cell(text=r[i]) for i in used] for r in rows]
    table = grid("Key table", "|".join(head[i] for i in used), cells, "tables/key.csv")
    return Section(id="key", title="Key results", blocks=(table,))


def _asset(name: str) -> str:
    text = files("pipeline.report").joinpath("templates", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
