"""A file -> records, by the reader of its maker; what cannot be read says what to export instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.tables import parse_eclab
from pipeline.instruments.neware.binary import looks_like_neware, parse_neware
from pipeline.instruments.neware.layered import flatten_layers, is_layered
from pipeline.instruments.recognise import refuse_companion
from pipeline.instruments.sheets.delimited import TextGrid, delimiter_of, sample_of, text_of, uses_decimal_comma
from pipeline.instruments.sheets.table import Asking, Grid, RowGrid, SheetTable, find_header, read_table
from pipeline.instruments.sheets.workbook import ZIP, is_xls, is_xlsx, open_sheets
from pipeline.techniques.cycling.model import CyclingStep
from pipeline.techniques.cycling.read.bio_logic import from_eclab
from pipeline.techniques.cycling.read.names import good_for, idle_roles, is_header, is_tester
from pipeline.techniques.cycling.read.records import Records, from_neware, from_sheet
from pipeline.techniques.cycling.read.steps import cut_steps

CLOSED = {
    ".cex": ("is a LAND test file, whose layout is not public", "open it in LANDdt and export Excel or text"),
    ".ccs": ("is a LAND test file, whose layout is not public", "open it in LANDdt and export Excel or text"),
    ".res": ("is an Arbin database (Access)", "export .xlsx or .csv from MITS Pro / Data Watcher"),
}
JET = b"Standard Jet DB"
MAKERS: tuple[tuple[str, str], ...] = (
    ("PEC", r"TestRegime"),
    ("Maccor", r"Today'+s Date|Date of Test"),
    ("Arbin", r"ArbinSoftware|Test_Time\(s\).*Step_Index|Step_Index.*Test_Time"),
    ("Neware", r"Relative Time\(h:min:s|Record Index.*JumpTo|DataPoint|数据序号|工步类型"),
    ("LAND", r"TestTime|StepTime|SysTime|SpeCap|SCapacity|Cycle-Index|StepStatus|测试时间"),
)


def closed_format(raw: RawFile) -> tuple[str, str] | None:
    """What a tester's own format is that cannot be read, and what to export; None for all others."""
    suffix = "." + raw.name.rsplit(".", 1)[-1].lower() if "." in raw.name else ""
    if JET in raw.data[:64] or suffix == ".res":
        return CLOSED[".res"]
    if suffix in CLOSED and b"\x00" in raw.data[:4000]:
        return CLOSED[suffix]
    return None


def read_cycling(raw: RawFile, columns: Mapping[str, str]) -> tuple[CyclingStep, ...]:
    """The steps of a file of any known maker.

    Parameters
    ----------
    columns:
        Role -> name of the column, from the study.

    Raises
    ------
    ReadError
        The file cannot give a test; the message says what it is instead.
    """
    return cut_steps(read_records(raw, columns))


def read_records(raw: RawFile, columns: Mapping[str, str]) -> Records:
    """The records of a file; see :func:`read_cycling`."""
    return _read_records(raw, tuple(columns.items()))


@lru_cache(maxsize=1)
def _read_records(raw: RawFile, columns: tuple[tuple[str, str], ...]) -> Records:
    refuse_companion(raw)
    closed = closed_format(raw)
    if closed is not None:
        raise ReadError(source=raw.name, field="file", problem=closed[0], hint=closed[1])
    eclab = parse_eclab(raw)
    if eclab is not None:
        return from_eclab(raw, *eclab)
    if looks_like_neware(raw):
        return from_neware(raw, parse_neware(raw))
    told = dict(columns)
    asking = asking_for(told)
    tables = list(_sheets(raw, asking))
    if not tables:
        raise ReadError(source=raw.name, field="columns", problem="no line names potential, time and current",
                        hint="export the records, or name the columns in the study: columns = { voltage = ... }")  # fmt: skip
    errors: list[ReadError] = []
    found: list[tuple[Records, SheetTable]] = []
    for table in tables:
        try:
            found.append((from_sheet(raw, table, maker_of(table), told), table))
        except ReadError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return max(found, key=lambda pair: pair[0].n_rows)[0]


def asking_for(columns: Mapping[str, str]) -> Asking:
    """What is asked of a sheet: names that are understood, or those that the study gives."""
    if not columns:
        return Asking(wanted=good_for, enough=is_header, idle=idle_roles)
    roles = {name: role for role, name in columns.items()}

    def wanted(name: str) -> str:
        return roles.get(name) or good_for(name)

    return Asking(wanted=wanted, enough=lambda found: set(columns) <= found)


def _sheets(raw: RawFile, asking: Asking) -> Iterator[SheetTable]:
    """Every sheet of a spreadsheet, or the text, that names the columns of a test."""
    if is_xlsx(raw.data) or is_xls(raw.data):
        for name, rows in open_sheets(raw):
            table = read_table(raw.name, name, RowGrid(rows), asking)
            if table is not None:
                yield table
        return
    if raw.data.startswith(ZIP):
        hint = "copy it again, or export as text"
        raise ReadError(source=raw.name, field="file", problem="is a damaged archive, or none of a tester", hint=hint)
    text = text_of(raw)
    sample = sample_of(text)
    grid: Grid = TextGrid(text, delimiter_of(sample))
    decimal_comma = uses_decimal_comma(sample, delimiter_of(sample))
    if is_layered([row for _, row in zip(range(4), grid.rows(), strict=False)]):
        grid = RowGrid(flatten_layers(grid.rows()))
    table = read_table(raw.name, "", grid, asking, decimal_comma=decimal_comma)
    if table is not None:
        yield table


def maker_of(table: SheetTable) -> str:
    """Name of the tester's maker by the words of the header, else ``columns``."""
    words = " ".join((*table.above[:40], *table.names))
    return next((name for name, pattern in MAKERS if re.search(pattern, words)), "columns")


def tester_columns(raw: RawFile) -> bool:
    """True where a line near the beginning names columns that only a tester writes: steps, states, or a counter."""
    asking = Asking(wanted=good_for, enough=is_tester)
    if is_xlsx(raw.data) or is_xls(raw.data):
        return any(find_header(iter(rows), asking) is not None for _, rows in open_sheets(raw))
    text = raw.data[:200_000]
    beginning = text_of(RawFile(name=raw.name, data=text[: text.rfind(b"\n") + 1] or text, size=raw.size))
    grid = TextGrid(beginning, delimiter_of(sample_of(beginning)))
    return find_header(grid.rows(), asking) is not None
