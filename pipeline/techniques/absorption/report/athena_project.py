"""Merged scans -> an Athena project (Perl dump, gzip) that gives the same chi(k) when it is opened.

Energies are written with every digit and already shifted (``bkg_eshift`` 0); the edge step is fixed, so that chi(k)
does not hang on a program's own normalisation. Clamps are numbers, because a reader may not know their names. The text
is ASCII: other letters stand by their code in double quotes, which Perl and larch both read.

Athena counts the terms of the post-edge polynomial, larch takes the same number for its degree. A project is therefore
written for one of the two: ``dialect`` is ``athena`` or ``larch``, and nothing but ``bkg_nnorm`` differs.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pipeline.core.arrays import FloatArray
from pipeline.science.constants import EV_PER_K2
from pipeline.techniques.absorption.model import EdgeKey, ReducedAbsorption, ShellFit

Dialect = Literal["athena", "larch"]
Value = str | float | int | list[str]
KIND_ARGS: Mapping[str, Value] = {
    "is_xmu": 1,
    "is_chi": 0,
    "is_nor": 0,
    "is_merge": "e",
    "is_col": 0,
    "is_kev": 0,
    "is_pixel": 0,
    "from_athena": 1,
    "recordtype": "merged mu(E)",
    "plot_scale": 1,
    "plot_yoffset": 0,
}
"""What kind of group it is."""


def _window(name: str) -> str:
    """Athena's name of a window."""
    known = ("kaiser-bessel", "hanning", "parzen", "welch", "sine", "gaussian")
    return next((w for w in known if w[:3] == name.strip().lower()[:3]), name)


def project_args(reduced: ReducedAbsorption, shell: ShellFit | None, label: str, dialect: Dialect) -> dict[str, Value]:
    """``@args`` of one group: every parameter by which chi(k) and chi(R) were made."""
    return {
        "label": label,
        "file": label,
        **_background_args(reduced, dialect),
        **_transform_args(reduced, shell),
        **KIND_ARGS,
        "npts": int(reduced.energy_ev.size),
        "xmin": float(reduced.energy_ev[0]),
        "xmax": float(reduced.energy_ev[-1]),
        "rmax_out": 10,
        "titles": _titles(reduced),
    }


def _titles(reduced: ReducedAbsorption) -> list[str]:
    used = sum(s.used for s in reduced.scans)
    return [
        f"merge of {used} of {len(reduced.scans)} scans",
        *[
            f"{s.file}: {'used' if s.used else 'left out, ' + s.reason}, shift {s.shift_ev:+.3f} eV"
            for s in reduced.scans
        ],
    ]


def _background_args(reduced: ReducedAbsorption, dialect: Dialect) -> dict[str, Value]:
    """Normalisation and background; the end of the spline in eV lies within the data."""
    s = reduced.settings
    last = float(reduced.energy_ev[-1]) - reduced.e0_ev
    return {
        "bkg_z": reduced.element,
        "fft_edge": reduced.edge.lower(),
        "bkg_e0": reduced.e0_ev,
        "bkg_eshift": 0,
        "bkg_step": reduced.edge_step.value,
        "bkg_fitted_step": reduced.edge_step.value,
        "bkg_fixstep": 1,
        "bkg_rbkg": reduced.rbkg_angstrom,
        "bkg_kw": s.bkg_k_weight,
        "bkg_dk": s.bkg_dk,
        "bkg_kwindow": _window(s.bkg_window),
        "bkg_spl1": s.bkg_k_min,
        "bkg_spl2": s.bkg_k_max,
        "bkg_spl1e": s.bkg_k_min**2 * EV_PER_K2,
        "bkg_spl2e": min(s.bkg_k_max**2 * EV_PER_K2, last),
        "bkg_clamp1": s.clamp_low,
        "bkg_clamp2": s.clamp_high,
        "bkg_nclamp": s.n_clamp,
        "bkg_pre1": s.pre1_ev,
        "bkg_pre2": s.pre2_ev,
        "bkg_nor1": s.norm1_ev,
        "bkg_nor2": s.norm2_ev,
        "bkg_nnorm": s.n_norm + 1 if dialect == "athena" else s.n_norm,
        "bkg_flatten": 1,
        "bkg_stan": "None",
        "bkg_cl": 0,
        "bkg_algorithm": "autobk",
    }


def _transform_args(reduced: ReducedAbsorption, shell: ShellFit | None) -> dict[str, Value]:
    return {
        "fft_kmin": reduced.k_min,
        "fft_kmax": reduced.k_max,
        "fft_dk": reduced.dk,
        "fft_kwindow": _window(reduced.window),
        "fft_arbkw": reduced.k_weight,
        "fft_kw": reduced.k_weight,
        "fft_pc": 0,
        "bft_rmin": shell.r_min if shell else 1.0,
        "bft_rmax": shell.r_max if shell else 3.0,
        "bft_dr": 0.0,
        "bft_rwindow": _window(reduced.window),
        "importance": 1,
    }


def quote(value: Value) -> str:
    """A value as Perl data in ASCII; no line break, and no word that a line-wise reader would trip over.

    Whole numbers are written without a point: Athena takes a clamp of ``24.0`` for the name of a clamp.
    """
    if isinstance(value, list):
        return "[" + ",".join(quote(v) for v in value) + "]"
    if not isinstance(value, str):
        number = float(value)
        return f"'{int(number)}'" if number.is_integer() and abs(number) < 1e15 else f"'{number!r}'"
    text = re.sub(r"[\r\n\t]+", " ", value)
    if re.fullmatch(r"[ -~]*", text) and not re.search(r"['\\\"]|=>|undef|[;()]", text):
        return f"'{text}'"
    text = text.replace("undef", "\u0075ndef")
    escaped = re.sub(r"[^ -~]|[$@\\\"';()=]", lambda m: f"\\x{{{ord(m[0]):x}}}", text)
    return '"' + escaped.replace("undef", r"\x{75}ndef") + '"'


def _array(name: str, values: FloatArray) -> str:
    return f"@{name} = (" + ",".join(f"'{float(v)!r}'" for v in values) + ");"


def group_labels(reductions: Sequence[ReducedAbsorption]) -> tuple[str, ...]:
    """``sample element edge`` for each, made unique also for a reader that turns other letters into underscores."""
    labels: list[str] = []
    seen: set[str] = set()
    for r in reductions:
        label = base = f"{r.sample} {r.element} {r.edge}"
        n = 1
        while re.sub(r"[^A-Za-z0-9]", "_", label) in seen:
            n += 1
            label = f"{base} {n}"
        seen.add(re.sub(r"[^A-Za-z0-9]", "_", label))
        labels.append(label)
    return tuple(labels)


def project_text(
    reductions: Sequence[ReducedAbsorption],
    shells: Mapping[EdgeKey, ShellFit] | None = None,
    *,
    dialect: Dialect = "athena",
) -> str:
    """The project before it is packed.

    Parameters
    ----------
    reductions:
        One group each, in this order.
    shells:
        By (sample, element, edge): their R range becomes that of the back-transform.
    dialect:
        Whose meaning ``bkg_nnorm`` has.
    """
    lines = [
        "# Athena project file -- Demeter version 0.9.26",
        "# This file was written by hse-pipeline",
        f"# Number of terms of the post-edge polynomial as {dialect} counts it; edge steps are fixed",
        "",
    ]
    for number, (reduced, label) in enumerate(zip(reductions, group_labels(reductions), strict=True)):
        shell = (shells or {}).get(reduced.key)
        args = project_args(reduced, shell, label, dialect)
        key = _key(number)
        args |= {"tag": key, "datagroup": key}
        lines += [
            f"$old_group = '{key}';",
            "@args = (" + ",".join(f"'{k}',{quote(v)}" for k, v in args.items()) + ");",
            _array("x", reduced.energy_ev),
            _array("y", reduced.mu),
            _array("stddev", reduced.mu_sigma),
            "[record]   # create object and set arrays",
            "",
        ]
    return "\n".join(
        [*lines, "@journal = ();", "", "1;", "", "# Local Variables:", "# truncate-lines: t", "# End:", ""]
    )


def _key(number: int) -> str:
    """Five letters, as Athena names its groups: aaaaa, aaaab …."""
    letters = ""
    for _ in range(5):
        number, rest = divmod(number, 26)
        letters = chr(97 + rest) + letters
    return letters


def pack_project(text: str) -> bytes:
    """Gzip without a time stamp: the same text gives the same bytes."""
    return gzip.compress(text.encode("ascii"), mtime=0)
