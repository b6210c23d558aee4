"""Every file of a report: tables, figures, archive and page. All bytes are made before the first is written."""

from __future__ import annotations

from pathlib import Path

from pipeline.core.atomic import write_tree
from pipeline.core.report.drawn import Drawn, Key
from pipeline.core.summary import RunSummary


def report_files(summary: RunSummary, drawn: Drawn | None = None) -> dict[str, bytes]:
    """Path from the results' folder -> bytes, the page last: where it stands, all that it links to stands too.

    ``drawn`` holds the figures of an earlier report; without it all are drawn. The same summary gives the same bytes with
    the same versions of the libraries.
    """
    from pipeline.core.report.archive import archive_files
    from pipeline.core.report.gallery import Gallery
    from pipeline.core.report.page import list_sections, render_page
    from pipeline.core.report.table_files import table_files
    from pipeline.core.report.tables import list_tables

    tables, gallery = list_tables(summary), Gallery(simulated=summary.simulated, drawn=drawn or Drawn())
    sections = list_sections(summary, tables, gallery)
    files = table_files(tables)
    for drawing in gallery.drawings:
        files |= drawing.files()
    files |= archive_files(summary)
    files |= gallery.drawn.files()
    files["report.html"] = render_page(summary, sections)
    return files


def write_report(summary: RunSummary, out: Path, key: Key | None = None) -> None:
    """Write tables, figures, archive and ``report.html`` into the results' folder; no file is ever half-written.

    With ``key`` (drawn.py), figures that would come out the same are not drawn again. Files of an earlier report that this
    one has not are taken away; files of anybody else are left alone.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    write_tree(out, report_files(summary, Drawn(out, key)))
