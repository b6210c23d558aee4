"""Content keys, and one record per unit of work: written whole or not at all, byte-identical when made again.

A record is JSON: dataclasses carry their class name under ``$`` (those of a technique's model with its key before it, ``eis:Arc``);
arrays are lists with ``null`` for NaN; complex numbers are pairs.  Nothing that is read back is executed: only dataclasses of
``core`` and of the techniques' models are rebuilt, by name.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from pipeline.core.atomic import read_sealed, seal, write_whole
from pipeline.core.errors import StudyError
from pipeline.core.registry import techniques
from pipeline.core.technique import AnyRecord, Record

CORE_MODELS = ("values", "sample", "technique", "summary")
LIBRARIES = ("numpy", "scipy")
"""Beside those that the techniques name."""
ROOT = __name__.partition(".")[0]
SHARED = tuple(f"{ROOT}.{part}" for part in ("core", "science", "instruments"))
"""Packages that every technique's numbers may depend on."""


def hash_bytes(data: bytes) -> str:
    """SHA-256 of raw bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def hash_parts(*parts: Any) -> str:
    """Key of anything ``encode`` knows: the same content gives the same key on every machine."""
    text = json.dumps([encode(p) for p in parts], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hash_bytes(text.encode())


@cache
def source_hash(package: str, *, report: bool = False) -> str:
    """Hash of a package's source; without its ``report`` (that changes no record), or with it (that changes a figure).

    Raises
    ------
    StudyError
        A technique whose ``package`` has no source.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise StudyError((f"{package}: no source to be found (a technique declares package=__package__)",))
    first = Path(spec.origin)
    files = sorted(first.parent.rglob("*")) if spec.submodule_search_locations else [first]
    digest = hashlib.sha256()
    for path in files:
        name = path.relative_to(first.parent).as_posix()
        if path.is_file() and "__pycache__" not in name and (report or not name.startswith("report")):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def all_sources() -> list[str]:
    """Hashes of everything that makes numbers and draws them."""
    packages = (*SHARED, *(t.package for t in techniques().values()))
    return [source_hash(p, report=True) for p in packages]


@cache
def versions() -> Mapping[str, str]:
    """Versions of this package and of the libraries that make its numbers."""
    found = {}
    own = (name for t in techniques().values() for name in t.libraries)
    for name in dict.fromkeys(("hse-pipeline", *LIBRARIES, *own)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def drawing_key(*parts: Any) -> str:
    """Key of a figure: what is drawn, the code that draws it, and its libraries."""
    text = json.dumps(encode(parts, _fingerprint), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hash_parts(hash_bytes(text.encode()), all_sources(), version("matplotlib"), version("numpy"))


def _fingerprint(array: np.ndarray[Any, Any]) -> Any:
    """Type, shape and hash of the bytes: a figure's key is compared on one machine, and its numbers are never read back."""
    return {"$": "bytes", "of": [str(array.dtype), list(array.shape), hash_bytes(array.tobytes())]}


@cache
def _classes() -> Mapping[str, type[Any]]:
    """Name in a record -> class, of core and of every technique's model."""
    found = {c.__name__: c for m in CORE_MODELS for c in _dataclasses(importlib.import_module(f"{ROOT}.core.{m}"))}
    for key, technique in techniques().items():
        found |= {f"{key}:{c.__name__}": c for c in _dataclasses(_model(technique.package), technique.package)}
    return found


def _model(package: str) -> ModuleType:
    """The module that holds a technique's classes: ``model`` of its package, or the one module that it is."""
    whole = importlib.import_module(package)
    return importlib.import_module(f"{package}.model") if hasattr(whole, "__path__") else whole


def _dataclasses(module: ModuleType, room: str = "") -> list[type[Any]]:
    """Those of the module, and those that it takes from other modules of its room."""
    known = (c for c in vars(module).values() if isinstance(c, type) and is_dataclass(c))
    return [c for c in known if c.__module__ == module.__name__ or (room and c.__module__.startswith(f"{room}."))]


@cache
def _names() -> Mapping[type[Any], str]:
    return {cls: name for name, cls in _classes().items()}


def _name(cls: type[Any]) -> str:
    """Of a class that is only hashed, such as settings, the whole path."""
    return _names().get(cls) or f"{cls.__module__}.{cls.__qualname__}"


Known = Mapping[int, Sequence[int]]
"""``id`` of a result -> where it stands: (number of the record, number of the result in it)."""


def encode(value: Any, array: Callable[[np.ndarray[Any, Any]], Any] | None = None, known: Known | None = None) -> Any:
    """Dataclasses, arrays, paths and plain data -> JSON data.

    ``array`` stands in for the numbers of an array where the data are not to be read back; results in ``known`` are written as
    where they stand.
    """

    def inner(v: Any) -> Any:
        if known and id(v) in known:
            return {"$": "result", "of": list(known[id(v)])}
        if isinstance(v, np.ndarray):
            return (array or _encode_array)(v)
        if is_dataclass(v) and not isinstance(v, type):
            return {"$": _name(type(v)), **{f.name: inner(getattr(v, f.name)) for f in fields(v)}}
        if isinstance(v, Mapping):
            return {str(k): inner(x) for k, x in v.items()}
        if isinstance(v, (list, tuple)):
            return [inner(x) for x in v]
        if isinstance(v, np.generic):
            return inner(v.item())
        if isinstance(v, complex):
            return {"$": "complex", "data": [v.real, v.imag]}
        if isinstance(v, float) and not math.isfinite(v):
            return {"$": "float", "data": str(v)}
        return v.as_posix() if isinstance(v, Path) else v

    return inner(value)


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


def decode(data: Any, records: Sequence[AnyRecord] = ()) -> Any:
    """JSON data made by ``encode`` -> the same objects (lists become tuples); results come from ``records`` where they stand there.

    Raises
    ------
    ValueError
        An unknown class, or fields that do not fit it.
    """
    if isinstance(data, list):
        return tuple(decode(v, records) for v in data)
    if not isinstance(data, dict):
        return data
    kind = data.get("$")
    if kind is None:
        return {k: decode(v, records) for k, v in data.items()}
    if kind == "array":
        return np.array(data["data"], dtype=float)
    if kind == "complex_array":
        return decode(data["re"]) + 1j * decode(data["im"])
    if kind == "complex":
        return complex(*data["data"])
    if kind == "float":
        return float(data["data"])
    if kind == "result":
        record, result = data["of"]
        return records[record].results[result]
    cls = _classes().get(kind)
    if cls is None:
        raise ValueError(f"record holds an unknown class {kind!r}")
    try:
        return cls(**{k: decode(v, records) for k, v in data.items() if k != "$"})
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

    def write(self, key: str, record: AnyRecord) -> None:
        """Write one record atomically."""
        self.put(key, self.pack(record))

    @staticmethod
    def pack(record: AnyRecord) -> bytes:
        """Bytes of a record; the same record gives the same bytes."""
        text = json.dumps(encode(record), separators=(",", ":"), allow_nan=False, ensure_ascii=False)
        return seal(text.encode())

    def put(self, key: str, data: bytes) -> None:
        """Write the bytes of a record atomically."""
        write_whole(self.path(key), data)

    def read(self, key: str) -> AnyRecord:
        """Read one record back.

        Raises
        ------
        ValueError
            The file is not a record of this version, or was changed since it was written.
        """
        record = decode(json.loads(read_sealed(self.path(key))))
        if not isinstance(record, Record):
            raise ValueError(f"{self.path(key)}: not a record")
        return record

    def sound(self, key: str) -> bool:
        """True where the record is there as it was written."""
        try:
            read_sealed(self.path(key))
        except (OSError, ValueError):
            return False
        return True

    def forget(self, key: str) -> None:
        """Remove a record that cannot be read, so that it is made again."""
        self.path(key).unlink(missing_ok=True)
