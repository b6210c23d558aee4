"""What battery testers export: LAND's workbook and its Chinese text; EC-Lab's table of GCPL is in ``eclab``.

The names of columns and states are the instruments'; every value is made up, and every file says SIMULATED.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np
from simulation.eclab import COMMENT

START = datetime.datetime(2025, 7, 7, 9, 0, 0)
NO_DATE = (1980, 1, 1, 0, 0, 0)
PLAIN = 0
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of one test. Arrays of shape (n,); charge and energy begin anew with every step."""

    step: np.ndarray
    cycle: np.ndarray
    direction: np.ndarray
    """1 charge, -1 discharge, 0 rest."""
    time_s: np.ndarray
    step_s: np.ndarray
    volts: np.ndarray
    ma: np.ndarray
    mah: np.ndarray


Value = str | int | float


def land_workbook(r: Records) -> bytes:
    """LAND's Excel export: a sheet of records, and what it is before it."""
    states = {0: "R", 1: "C_CC", -1: "D_CC"}
    head = ("Record", "CycleNo", "StepNo", "StepStatus", "TestTime/Sec.", "StepTime/Sec.", "Voltage/V", "Current/mA",
            "Capacity/mAh")  # fmt: skip
    rows: list[Sequence[Value]] = [head]
    for i in range(r.step.size):
        rows.append((
            i + 1, int(r.cycle[i]), int(r.step[i]), states[int(r.direction[i])], int(r.time_s[i]), int(r.step_s[i]),
            round(float(r.volts[i]), 4), round(float(r.ma[i]), 5), round(float(r.mah[i]), 6),
        ))  # fmt: skip
    return workbook({"Info": [("Remark", COMMENT), ("Start", str(START))], "Record-Tab": rows})


def land_text(r: Records) -> bytes:
    """LAND's text export of a Chinese installation: GBK, tabs, h:m:s."""
    states = {0: "静置", 1: "恒流充电", -1: "恒流放电"}
    lines = [f"备注\t{COMMENT}"]
    lines.append(
        "\t".join(
            ("记录序号", "循环序号", "工步号", "工步状态", "测试时间", "工步时间", "电压/V", "电流/mA", "容量/mAh")
        )
    )
    for i in range(r.step.size):
        lines.append("\t".join((
            str(i + 1), str(r.cycle[i]), str(r.step[i]), states[int(r.direction[i])], _clock(r.time_s[i]),
            _clock(r.step_s[i]), f"{r.volts[i]:.4f}", f"{r.ma[i]:.5f}", f"{r.mah[i]:.6f}",
        )))  # fmt: skip
    return ("\r\n".join(lines) + "\r\n").encode("gbk")


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def workbook(sheets: dict[str, Sequence[Sequence[Value]]]) -> bytes:
    """An .xlsx of plain cells; the same bytes every time, its remark uncompressed at the beginning."""
    names = list(sheets)
    numbers = range(1, len(names) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{TYPES}worksheet+xml"/>' for i in numbers
    )
    listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="rId{i}"/>' for i, n in zip(numbers, names, strict=True))
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in numbers
    )
    core = f"{PACKAGE}metadata/core-properties"
    parts = {
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{core}" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:description>{escape(COMMENT)}</dc:description></cp:coreProperties>",
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        f'<Relationship Id="rId2" Type="{PACKAGE}relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}relationships">{related}</Relationships>',
    }
    parts |= {f"xl/worksheets/sheet{i}.xml": _sheet(sheets[n]) for i, n in zip(numbers, names, strict=True)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            member = zipfile.ZipInfo(name, date_time=NO_DATE)
            member.create_system = PLAIN
            member.compress_type = zipfile.ZIP_STORED if name == "docProps/core.xml" else zipfile.ZIP_DEFLATED
            archive.writestr(member, HEAD + text, compresslevel=9)
    return out.getvalue()


def _sheet(rows: Sequence[Sequence[Value]]) -> str:
    body = "".join("<row>" + "".join(map(_cell, row)) + "</row>" for row in rows)
    size = f"A1:{chr(ord('A') + max(map(len, rows)) - 1)}{len(rows)}"
    return f'<worksheet xmlns="{SHEET}"><dimension ref="{size}"/><sheetData>{body}</sheetData></worksheet>'


def _cell(value: Value) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value!r}</v></c>"
