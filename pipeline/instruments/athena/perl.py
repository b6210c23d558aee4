"""Perl data as Data::Dumper writes it, read as data: strings, numbers, lists, hashes, undef.  Nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_SPACE = re.compile(r"(?:\s|#[^\n]*\n)*")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][\w:]*")
_STATEMENT = re.compile(r"^[$@%](\w+)\s*=\s*", re.MULTILINE)
_ITEM = r"(?:'[-+.\w]*'|[-+.\deE]+)"
_NUMBERS = re.compile(rf"\(\s*({_ITEM}(?:\s*,\s*{_ITEM})*)\s*,?\s*\)\s*;")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "e": "\x1b", "a": "\a", "f": "\f", "b": "\b"}
MAX_DEPTH = 40
SKIPPED = ("xdi", "plot_features", "indicator", "lcf_data")
"""Not needed here, and long."""


class PerlError(ValueError):
    """The text is not data as Data::Dumper writes it."""


def statements(text: str) -> Iterator[tuple[str, Any, str]]:
    """Every ``$name = …;`` and ``[record]`` of a dump, in order.

    Yields
    ------
    name, value, problem:
        ``("[record]", None, "")`` at a record's end; ``problem`` says why a value could not be read (then it is None).
    """
    marks = [(m.start(), m.end(), m[1]) for m in _STATEMENT.finditer(text)]
    marks += [(m.start(), m.end(), "[record]") for m in re.finditer(r"^\[record\]", text, re.MULTILINE)]
    done = -1
    for start, end, name in sorted(marks):
        if start < done:
            continue  # inside a string of the statement before
        if name == "[record]":
            yield name, None, ""
            continue
        if name in SKIPPED:
            continue
        plain = _NUMBERS.match(text, end)  # a list of plain words holds no comma: split, which is ten times faster
        if plain:
            done = plain.end()
            yield name, [word.strip().strip("'") for word in plain[1].split(",")], ""
            continue
        try:
            value, done = parse(text, end)
            yield name, value, ""
        except PerlError as error:
            yield name, None, str(error)


def parse(text: str, at: int = 0, depth: int = 0) -> tuple[Any, int]:
    """One value at a position: str, float-like text kept as str, list, dict or None; and the position after it.

    Raises
    ------
    PerlError
        Anything that is not plain data, or nested deeper than ``MAX_DEPTH``.
    """
    if depth > MAX_DEPTH:
        raise PerlError(f"nested deeper than {MAX_DEPTH}")
    at = _skip(text, at)
    sign = text[at : at + 1]
    if sign == "'":
        found = _SINGLE.match(text, at)
        if found:
            return re.sub(r"\\([\\'])", r"\1", found[1]), found.end()
    elif sign == '"':
        found = _DOUBLE.match(text, at)
        if found:
            return _unescape(found[1]), found.end()
    elif sign in ("(", "["):
        return _sequence(text, at + 1, ")" if sign == "(" else "]", depth)
    elif sign == "{":
        items, end = _sequence(text, at + 1, "}", depth)
        return dict(zip(map(str, items[::2]), items[1::2], strict=False)), end
    elif found := _NUMBER.match(text, at):
        return found[0], found.end()
    elif found := _WORD.match(text, at):
        if found[0] == "undef":
            return None, found.end()
        if found[0] == "bless":
            items, end = parse(text, _skip(text, found.end()), depth + 1)
            return (items[0] if isinstance(items, list) and items else None), end
    line = text.count("\n", 0, at) + 1
    raise PerlError(f"line {line}: unreadable at {text[at : at + 20]!r}")


def _sequence(text: str, at: int, close: str, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while True:
        at = _skip(text, at)
        if text.startswith(close, at):
            return items, at + 1
        value, at = parse(text, at, depth + 1)
        items.append(value)
        at = _skip(text, at)
        if text.startswith("=>", at):
            at += 2
        elif text.startswith(",", at):
            at += 1
        elif not text.startswith(close, at):
            raise PerlError(f"line {text.count(chr(10), 0, at) + 1}: expected , or {close}")


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _unescape(text: str) -> str:
    def replace(found: re.Match[str]) -> str:
        if found[1] is not None:
            code = int(found[1], 16)
            return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        if found[2] is not None:
            return chr(int(found[2], 16))
        return _ESCAPES.get(found[3], found[3])

    return re.sub(r"\\(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|(.))", replace, text, flags=re.DOTALL)
