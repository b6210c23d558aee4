"""Content keys, and one record per unit of work: written whole or not at all, byte-identical when made again.

A record is JSON: dataclasses of ``pipeline.model`` carry their class name under ``$``; arrays are lists with
``null`` for NaN; complex numbers are pairs.  Nothing that is read back is executed: only classes of
``pipeline.model`` are rebuilt, by name, from a fixed list.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.atomic import write_whole
from pipeline.core.summary import Record

ROOMS = ("impedance", "sweeps", "absorption")
MODEL_MODULES = ("core.values", "core.sample", *(f"techniques.{room}.model" for room in ROOMS), "core.summary")
LIBRARIES = ("numpy", "scipy", "lmfit", "xraylarch", "impedance")


def hash_bytes(data: bytes) -> str:
    """SHA-256 of raw bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def hash_parts(*parts: Any) -> str:
    """Key of anything ``encode`` knows: the same content gives the same key on every machine."""
    text = json.dumps([encode(p) for p in parts], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hash_bytes(text.encode())


@cache
def source_hash(folder: str = "", *, without: str = "core/report/") -> str:
    """Hash of the package's own source below ``folder`` (report/ apart: it changes no record)."""
    root = Path(__file__).parents[1] / folder
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root).as_posix()
        if path.is_file() and "__pycache__" not in relative and not relative.startswith(without):
            digest.update(relative.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@cache
def versions() -> Mapping[str, str]:
    """Versions of this package and of the libraries that make its numbers."""
    found = {}
    for name in ("hse-pipeline", *LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def drawing_key(*parts: Any) -> str:
    """Key of a figure: what is drawn, the code that draws it (report/ and model/, which is all it sees), and its libraries."""
    code = source_hash("core/report", without="-"), source_hash("techniques", without="-")
    text = json.dumps(encode(parts, _fingerprint), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hash_parts(hash_bytes(text.encode()), code, version("matplotlib"), version("numpy"))


def _fingerprint(array: np.ndarray[Any, Any]) -> Any:
    """Type, shape and hash of the bytes: a figure's key is compared on one machine, and its numbers are never read back."""
    return {"$": "bytes", "of": [str(array.dtype), list(array.shape), hash_bytes(array.tobytes())]}


@cache
def _classes() -> dict[str, type[Any]]:
    modules = [importlib.import_module(f"pipeline.{m}") for m in MODEL_MODULES]
    return {c.__name__: c for m in modules for c in vars(m).values() if isinstance(c, type) and is_dataclass(c)}


def encode(value: Any, array: Callable[[np.ndarray[Any, Any]], Any] | None = None) -> Any:
    """Anything of ``pipeline.model``, settings dataclasses, arrays, paths and plain data -> JSON data.

    ``array`` stands in for the numbers of an array where the data are not to be read back.
    """
    if isinstance(value, np.ndarray):
        return (array or _encode_array)(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {"$": type(value).__name__, **{f.name: encode(getattr(value, f.name), array) for f in fields(value)}}
    if isinstance(value, Mapping):
        return {str(k): encode(v, array) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(v, array) for v in value]
    if isinstance(value, np.generic):
        return encode(value.item())
    if isinstance(value, complex):
        return {"$": "complex", "data": [value.real, value.imag]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": "float", "data": str(value)}
    if isinstance(value, Path):
        return value.as_posix()
    return value


def _encode_array(array: np.ndarray[Any, Any]) -> Any:
    if np.iscomplexobj(array):
        return {"$": "complex_array", "re": _encode_array(array.real), "im": _encode_array(array.imag)}
    if array.dtype.kind == "f":
        finite = np.isfinite(array)
        if not finite.all():
            holed = np.where(finite, array, 0.0).astype(object)
            holed[~finite] = [None if np.isnan(v) else str(v) for v in array[~finite]]
            return {"$": "array", "data": holed.tolist()}
    return {"$": "array", "data": array.tolist()}


def decode(data: Any) -> Any:
    """JSON data made by ``encode`` -> the same objects (lists become tuples).

    Raises
    ------
    ValueError
        An unknown class, or fields that do not fit it.
    """
    if isinstance(data, list):
        return tuple(decode(v) for v in data)
    if not isinstance(data, dict):
        return data
    kind = data.get("$")
    if kind is None:
        return {k: decode(v) for k, v in data.items()}
    if kind == "array":
        return np.array(data["data"], dtype=float)
    if kind == "complex_array":
        return decode(data["re"]) + 1j * decode(data["im"])
    if kind == "complex":
        return complex(*data["data"])
    if kind == "float":
        return float(data["data"])
    cls = _classes().get(kind)
    if cls is None:
        raise ValueError(f"record holds an unknown class {kind!r}")
    try:
        return cls(**{k: decode(v) for k, v in data.items() if k != "$"})
    except TypeError as error:
        raise ValueError(f"record does not fit class {kind!r}: {error}") from error


class Store:
    """The folder ``records/`` of one run: ``ab/<key>.json``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Where the record of this key lies."""
        return self.folder / key[:2] / f"{key}.json"

    def has(self, key: str) -> bool:
        """True where a record of this key was written (records are whole or absent)."""
        return self.path(key).is_file()

    def write(self, key: str, record: Record) -> None:
        """Write one record atomically; the same record gives the same bytes."""
        text = json.dumps(encode(record), separators=(",", ":"), allow_nan=False, ensure_ascii=False)
        write_whole(self.path(key), text.encode())

    def read(self, key: str) -> Record:
        """Read one record back.

        Raises
        ------
        ValueError
            The file is not a record of this version.
        """
        record = decode(json.loads(self.path(key).read_bytes()))
        if not isinstance(record, Record):
            raise ValueError(f"{self.path(key)}: not a record")
        return record

    def forget(self, key: str) -> None:
        """Remove a record that cannot be read, so that it is made again."""
        self.path(key).unlink(missing_ok=True)
