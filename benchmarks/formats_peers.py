"""One library reads every file below a folder: run by formats.py in an environment that holds the library.

    python formats_peers.py LIBRARY FOLDER OUT.json

OUT holds, by file: ``columns`` (lists of numbers under this project's names, 0 Hz rows included), ``spectra`` where the library
tells them apart, or ``error``.  Files that a library does not claim to read are left out.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np

Outcome = dict[str, object]


def _take(get: object, names: dict[str, tuple[tuple[str, float], ...]]) -> dict[str, list[float]]:
    """Columns by this project's names, from the first of the library's names that is there."""
    assert callable(get)
    out: dict[str, list[float]] = {}
    for ours, theirs in names.items():
        for name, factor in theirs:
            values = get(name)
            if values is not None:
                out[ours] = (np.asarray(values, dtype=float).ravel() * factor).tolist()
                break
    return out


ECLAB = {
    "f": (("freq/Hz", 1.0),),
    "re": (("Re(Z)/Ohm", 1.0),),
    "im": (("-Im(Z)/Ohm", -1.0),),
    "time": (("time/s", 1.0),),
    "e": (("Ewe/V", 1.0), ("<Ewe>/V", 1.0)),
    "i": (("I/mA", 1e-3), ("<I>/mA", 1e-3)),
}
SHORT = {
    "f": (("freq", 1.0),),
    "re": (("Re(Z)", 1.0),),
    "im": (("-Im(Z)", -1.0),),
    "time": (("time", 1.0),),
    "e": (("Ewe", 1.0), ("<Ewe>", 1.0)),
    "i": (("I", 1e-3), ("<I>", 1e-3)),
}


def plain(path: Path) -> Outcome | None:
    """The numbers as they stand in a .mpt, by the shortest code there is: the truth the others are held against."""
    if path.suffix != ".mpt" or not path.stat().st_size:
        return None
    lines = path.read_bytes().decode("latin-1").replace("\r\n", "\n").split("\n")
    n = next((int(s.split(":")[1]) for s in lines[:2] if s.startswith("Nb header")), None)
    top = n - 1 if n else next(i for i, s in enumerate(lines) if s.strip())
    names = [s.strip() for s in lines[top].split("\t")]
    rows = [s.replace(",", ".").rstrip("\t").split("\t") for s in lines[top + 1 :] if s.strip()]
    table = {name: [float(r[i]) for r in rows if i < len(r)] for i, name in reversed(list(enumerate(names)))}
    return {"columns": _take(lambda name: table.get(name) or None, ECLAB), "rows": len(rows)}


def galvani(path: Path) -> Outcome | None:
    from galvani import BioLogic

    if path.suffix == ".mpr":
        data = BioLogic.MPRfile(str(path)).data
    elif path.suffix == ".mpt":
        text = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # it reads no other line ends
        data = BioLogic.MPTfile(io.BytesIO(text), encoding="latin-1")[0]
    else:
        return None
    known = data.dtype.names or ()
    return {"columns": _take(lambda n: data[n] if n in known else None, ECLAB), "rows": int(data.size)}


def yadg(path: Path) -> Outcome | None:
    from yadg import extractors

    if path.suffix not in (".mpr", ".mpt"):
        return None
    data = extractors.extract(f"eclab{path.suffix}", str(path))
    known = list(data.data_vars)
    current = {n: 1.0 if str(data[n].attrs.get("units", "mA")) == "A" else 1e-3 for n in ("I", "<I>") if n in known}
    names = {**SHORT, "i": tuple((n, current.get(n, 1e-3)) for n in ("I", "<I>"))}
    rows = next((int(data[n].size) for n in known if data[n].ndim == 1), 0)
    return {"columns": _take(lambda n: data[n].values if n in known else None, names), "rows": rows}


def eclabfiles(path: Path) -> Outcome | None:
    import eclabfiles as library

    if path.suffix not in (".mpr", ".mpt"):
        return None
    data = library.to_df(str(path))
    return {"columns": _take(lambda n: data[n] if n in data.columns else None, SHORT), "rows": len(data)}


INSTRUMENTS = {".mpt": "biologic", ".DTA": "gamry", ".dta": "gamry", ".z": "zplot", ".par": "versastudio", ".csv": None}
WORDS = {"Autolab": "autolab", "Parstat": "parstat", "Powersuite": "powersuite", "CHInstruments": "chinstruments"}


def impedance(path: Path) -> Outcome | None:
    """The instrument is told, as its user must."""
    from impedance import preprocessing

    word = next((kind for word, kind in WORDS.items() if word in path.stem), None)
    if word is None and path.suffix not in INSTRUMENTS:
        return None
    f, z = preprocessing.readFile(str(path), instrument=word or INSTRUMENTS[path.suffix])
    f, z = np.asarray(f, dtype=float), np.asarray(z, dtype=complex)
    return {"columns": {"f": f.tolist(), "re": z.real.tolist(), "im": z.imag.tolist()}, "rows": int(f.size)}


def pyimpspec(path: Path) -> Outcome | None:
    import pyimpspec as library

    if path.suffix in (".mpr", ".mps", ".mpl", ".mgr", ".sta"):
        return None
    found = library.parse_data(str(path))
    f = np.concatenate([d.get_frequencies() for d in found])
    z = np.concatenate([d.get_impedances() for d in found])
    columns = {"f": f.tolist(), "re": z.real.tolist(), "im": z.imag.tolist()}
    return {"columns": columns, "rows": int(f.size), "spectra": len(found)}


LIBRARIES = {
    "plain": plain,
    "galvani": galvani,
    "yadg": yadg,
    "eclabfiles": eclabfiles,
    "impedance": impedance,
    "pyimpspec": pyimpspec,
}


def main() -> None:
    read, folder, out = LIBRARIES[sys.argv[1]], Path(sys.argv[2]), Path(sys.argv[3])
    warnings.simplefilter("ignore")
    found: dict[str, Outcome] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            with (
                Path(os.devnull).open("w", encoding="utf-8") as quiet,
                contextlib.redirect_stdout(quiet),
                contextlib.redirect_stderr(quiet),
            ):
                outcome = read(path)
        except Exception as error:
            outcome = {"error": f"{type(error).__name__}: {error}".split("\n")[0][:80]}
        if outcome is not None:
            found[path.relative_to(folder).as_posix()] = outcome
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
