"""Spreadsheets -> rows of cells, sheet by sheet: .xlsx by openpyxl, .xls by xlrd.  Values only, nothing is computed.

An .xlsx is a zip: its unpacked size stands in its directory and is looked at first (zipfile reads no more than that).  XML
that declares entities is refused.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MAX_UNPACKED = 700_000_000
"""A sheet of a million rows and ten columns is 400 MB of XML; it is read as a stream."""
MAX_STRINGS = 60_000_000
"""Bytes of the table of words, which is held whole."""
MAX_RATIO = 60
"""Unpacked over packed: real sheets have 4 to 15."""
MAX_XLS = 40_000_000
MAX_SHEET_ROWS, MAX_SHEET_COLUMNS = 1_048_576, 400
Sheet = tuple[str, Iterator[Sequence[Any]]]


def is_xlsx(data: bytes) -> bool:
    """True for a zip with a workbook in it."""
    if not data.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(n.lower() == "xl/workbook.xml" for n in archive.namelist())
    except Exception:  # zipfile lets through whatever its unpacking raises
        return b"xl/workbook.xml" in data


def is_xls(data: bytes) -> bool:
    """True for an old Office file."""
    return data.startswith(OLE)


def open_sheets(raw: RawFile) -> Iterator[Sheet]:
    """Name and rows of every sheet of a workbook.

    Raises
    ------
    ReadError
        Damaged, encrypted, larger than a test when unpacked, or with entities in its XML.
    """
    return _xlsx(raw) if is_xlsx(raw.data) else _xls(raw)


def check_zip(raw: RawFile, most: int = MAX_UNPACKED) -> None:
    """Refuse an archive that unpacks to more than a test.

    Raises
    ------
    ReadError
        Too large, too many parts, encrypted, or no zip.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw.data)) as archive:
            parts = archive.infolist()
    except Exception as error:  # zipfile lets through whatever its unpacking raises
        raise _refuse(raw, f"is damaged: {_why(error)}", "copy it again, or export as text") from None
    size = sum(p.file_size for p in parts)
    if size > most or (size > 20_000_000 and size > MAX_RATIO * len(raw.data)):
        raise _refuse(raw, f"unpacks to {size / 1e6:.0f} MB from {len(raw.data) / 1e6:.2g} MB", "export as text")
    if len(parts) > 5000 or any(p.flag_bits & 1 for p in parts):
        raise _refuse(raw, "is encrypted or no export", "export it without a password")


def refuse_entities(raw: RawFile, archive: zipfile.ZipFile) -> None:
    """Refuse XML that declares anything: an export needs no document type.

    Raises
    ------
    ReadError
        One part does.
    """
    for part in archive.infolist():
        if part.filename.lower().endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                start = stream.read(4096)
            if b"<!DOCTYPE" in start or b"<!ENTITY" in start or b"<\x00!\x00D\x00O" in start:
                raise _refuse(raw, f"{part.filename} declares entities", "save it again with the spreadsheet program")


def _refuse(raw: RawFile, problem: str, hint: str) -> ReadError:
    return ReadError(source=raw.name, field="file", problem=problem, hint=hint)


def _xlsx(raw: RawFile) -> Iterator[Sheet]:
    import openpyxl

    check_zip(raw)
    try:
        with zipfile.ZipFile(io.BytesIO(raw.data)) as archive:
            refuse_entities(raw, archive)
            strings = sum(p.file_size for p in archive.infolist() if p.filename.lower().endswith("sharedstrings.xml"))
        if strings > MAX_STRINGS:
            raise _refuse(raw, f"holds {strings / 1e6:.0f} MB of words", "export as text")
        book = openpyxl.load_workbook(io.BytesIO(raw.data), read_only=True, data_only=True, keep_links=False)
    except ReadError:
        raise
    except Exception as error:  # openpyxl lets through whatever its parsers raise
        raise _refuse(raw, f"is damaged: {_why(error)}", "copy it again, or export as text") from None
    for sheet in book.worksheets:
        yield sheet.title, _guarded(raw, sheet)


def _guarded(raw: RawFile, sheet: Any) -> Iterator[Sequence[Any]]:
    try:
        yield from sheet.iter_rows(values_only=True, max_row=MAX_SHEET_ROWS, max_col=MAX_SHEET_COLUMNS)
    except Exception as error:
        problem = f"sheet {sheet.title!r} is damaged: {_why(error)}"
        raise _refuse(raw, problem, "copy it again, or export as text") from None


def _xls(raw: RawFile) -> Iterator[Sheet]:
    import xlrd

    if len(raw.data) > MAX_XLS:
        raise _refuse(raw, f"{len(raw.data) / 1e6:.0f} MB of old spreadsheet are too large", "save it as .xlsx or .csv")
    try:
        book = xlrd.open_workbook(file_contents=raw.data, on_demand=True, logfile=io.StringIO())
    except Exception as error:  # xlrd lets through whatever its unpacking raises
        raise _refuse(raw, f"is no spreadsheet that can be read: {_why(error)}", "save it as .xlsx or .csv") from None
    for name in book.sheet_names():
        try:
            sheet = book.sheet_by_name(name)
        except Exception as error:
            raise _refuse(raw, f"sheet {name!r} is damaged: {_why(error)}", "save it as .xlsx or .csv") from None
        yield name, _xls_rows(book, sheet)
        book.unload_sheet(name)


def _xls_rows(book: Any, sheet: Any) -> Iterator[Sequence[Any]]:
    import xlrd

    for i in range(sheet.nrows):
        row = sheet.row_values(i, 0, MAX_SHEET_COLUMNS)
        types = sheet.row_types(i, 0, MAX_SHEET_COLUMNS)
        if xlrd.XL_CELL_DATE in types or xlrd.XL_CELL_ERROR in types:
            row = [_xls_cell(book, v, t) for v, t in zip(row, types, strict=True)]
        yield row


def _xls_cell(book: Any, value: Any, kind: int) -> Any:
    import xlrd

    if kind == xlrd.XL_CELL_ERROR:
        return None
    if kind != xlrd.XL_CELL_DATE:
        return value
    try:
        return xlrd.xldate_as_datetime(value, book.datemode)
    except Exception:
        return None


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
