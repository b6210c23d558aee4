"""Text with a delimiter -> rows of cells.  UTF-8, UTF-16, or the code page of the tester: GBK where it gives Chinese words
that a battery tester writes, else Windows-1252.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.sheets.table import Cells, cells_of
from pipeline.instruments.text.decode import BOMS_UTF16, count_lines, is_binary

CHINESE = re.compile("[电压流容量时间循环步记录状态工能]")
"""Letters of the words for voltage, current, capacity, time, cycle, step, record, state, energy."""
MAX_LINES = 4_000_000
MAX_FIELD = 100_000
BLOCK = 2_000_000
"""Letters that are cut into fields at a time."""
SAMPLE_LINES = 400


def text_of(raw: RawFile) -> str:
    """The whole text, decoded.

    Raises
    ------
    ReadError
        Binary, or more lines than a test has.
    """
    if is_binary(raw.data):
        raise ReadError(source=raw.name, field="file", problem="is binary, not a text export", hint="wrong suffix?")
    if count_lines(raw.data) > MAX_LINES:
        problem = f"{count_lines(raw.data)} lines are more than a test has"
        raise ReadError(source=raw.name, field="rows", problem=problem, hint="export it in parts")
    return raw.data.decode(encoding_of(raw.data), errors="replace").removeprefix("\ufeff")


def encoding_of(data: bytes) -> str:
    """utf-16, utf-8, gb18030 or cp1252."""
    if data[:2] in BOMS_UTF16:
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        start = data[:20_000].decode("gb18030", errors="replace")
        return "gb18030" if len(set(CHINESE.findall(start))) >= 4 else "cp1252"
    return "utf-8"


def delimiter_of(lines: Sequence[str]) -> str:
    """The sign that cuts most of the lines into the most fields: tab, semicolon, comma, or bars."""

    def score(sign: str) -> int:
        counts = sorted((line.count(sign) for line in lines), reverse=True)
        return counts[len(counts) // 4] if counts else 0

    return max(("\t", ";", ",", "|"), key=score)


def uses_decimal_comma(lines: Sequence[str], delimiter: str) -> bool:
    """True where numbers have commas in them and the delimiter is another sign."""
    if delimiter == ",":
        return False
    commas = sum(len(re.findall(r"(?<![\d,.])-?\d+,\d+(?![\d,.])", line)) for line in lines)
    points = sum(len(re.findall(r"(?<![\d,.:])-?\d+\.\d+(?![\d,.])", line)) for line in lines)
    return commas > points


class TextGrid:
    """Rows of fields of a text.

    Without quotes the text is cut a few megabytes at a time, all fields at once; a delimiter inside quotes is none, and a lone
    quote ends with its line.
    """

    def __init__(self, text: str, delimiter: str) -> None:
        self.delimiter = delimiter
        self._text = text
        self._end = "\n" if "\n" in text else "\r"

    def rows(self) -> Iterator[list[str]]:
        """From the first; an empty line is an empty row."""
        for lines in self._blocks():
            yield from self._split(lines)

    def chunks(self, after: int) -> Iterator[tuple[int, Cells]]:
        """Columns of the rows behind the first ``after``."""
        left = after
        for block in self._blocks():
            lines, left = block[left:], max(left - len(block), 0)
            lines = [line for line in lines if line]
            if lines:
                yield len(lines), self._columns(lines)

    def _columns(self, lines: list[str]) -> Cells:
        sign = self.delimiter
        width = lines[0].count(sign)
        if any(line.count(sign) != width for line in lines) or any('"' in line for line in lines):
            return cells_of(self._split(lines))
        fields = sign.join(lines).split(sign)
        width += 1

        def cells(place: int) -> Sequence[str | None]:
            return fields[place::width] if place < width else [None] * len(lines)

        return cells

    def _split(self, lines: list[str]) -> list[list[str]]:
        csv.field_size_limit(MAX_FIELD)
        try:
            if any('"' in line for line in lines):
                return [next(csv.reader([line], delimiter=self.delimiter), []) for line in lines]
        except csv.Error:
            pass  # a field longer than any
        return [line.split(self.delimiter) if line else [] for line in lines]

    def _blocks(self) -> Iterator[list[str]]:
        """Lines without their ends."""
        text, begin = self._text, 0
        while begin < len(text):
            end = text.find(self._end, min(begin + BLOCK, len(text)))
            end = len(text) if end < 0 else end
            yield [line.rstrip("\r") for line in text[begin:end].split(self._end)]
            begin = end + 1


def sample_of(text: str) -> list[str]:
    """Some lines from the beginning, and some from where the numbers are."""
    start = text[:200_000].splitlines()
    return [line for line in start[-SAMPLE_LINES:] if line.strip()]
