"""One HTML file that opens offline: nothing is fetched, everything is escaped, and its own policy forbids the rest.

The content security policy allows the two inline pieces of this package by their hash, and pictures from data: URIs.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files

from pipeline.core.blocks import Section
from pipeline.core.report.gallery import Gallery
from pipeline.core.report.key_table import key_section
from pipeline.core.report.methods import method_section
from pipeline.core.report.parts import technique_sections
from pipeline.core.report.run_sections import (
    error_section,
    file_section,
    finding_section,
    review_section,
    setting_section,
)
from pipeline.core.summary import RunSummary
from pipeline.core.tables import Table
from pipeline.core.words import readable


def render_page(summary: RunSummary, sections: Sequence[Section]) -> bytes:
    """``report.html`` as bytes: UTF-8, line feeds."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(_asset), trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["readable"] = readable
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
        sections=sections,
        counts=dict(counts) if isinstance(counts, dict) else {},
    )
    return text.encode()


def list_sections(summary: RunSummary, tables: Mapping[str, Table], gallery: Gallery) -> tuple[Section, ...]:
    """All sections of the page, in its order; those without content are left out. Figures are hung in ``gallery``."""
    found = [
        key_section(summary),
        *technique_sections(summary, gallery),
        review_section(summary),
        error_section(summary),
        finding_section(summary),
        method_section(summary),
        setting_section(summary),
        file_section(tables, len(gallery.drawings)),
    ]
    return tuple(s for s in found if s is not None)


def _asset(name: str) -> str:
    text = files("pipeline.core.report").joinpath("templates", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
