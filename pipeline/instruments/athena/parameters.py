"""Parameters of an Athena group under this project's names, and which of them cannot be used.

Clamps by name are Ifeffit's numbers: None 0, Slight 3, Weak 6, Medium 12, Strong 24, Rigid 96.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.core.values import Finding

CLAMPS = {"none": 0.0, "slight": 3.0, "weak": 6.0, "medium": 12.0, "strong": 24.0, "rigid": 96.0}
NUMBERS = {
    "e0_ev": ("bkg_e0",),
    "eshift_ev": ("bkg_eshift",),
    "edge_step": ("bkg_step", "bkg_fitted_step"),
    "edge_step_fixed": ("bkg_fixstep",),
    "rbkg_angstrom": ("bkg_rbkg",),
    "bkg_k_weight": ("bkg_kw",),
    "bkg_k_min": ("bkg_spl1",),
    "bkg_k_max": ("bkg_spl2",),
    "bkg_dk": ("bkg_dk",),
    "n_clamp": ("bkg_nclamp",),
    "pre1_ev": ("bkg_pre1",),
    "pre2_ev": ("bkg_pre2",),
    "norm1_ev": ("bkg_nor1",),
    "norm2_ev": ("bkg_nor2",),
    "n_norm": ("bkg_nnorm",),
    "flatten": ("bkg_flatten",),
    "k_min": ("fft_kmin",),
    "k_max": ("fft_kmax",),
    "dk": ("fft_dk",),
    "k_weight": ("fft_kw",),
    "k_weight_arbitrary": ("fft_arbkw",),
    "r_min": ("bft_rmin",),
    "r_max": ("bft_rmax",),
    "dr": ("bft_dr",),
    "importance": ("importance",),
}
WORDS = {
    "window": ("fft_kwindow", "fft_win"),
    "bkg_window": ("bkg_kwindow", "bkg_win"),
    "r_window": ("bft_rwindow", "bft_win"),
}
WINDOWS = ("hanning", "kaiser-bessel", "kaiser", "parzen", "welch", "sine", "gaussian")
FALSE = ("", "0", "no", "off", "none", "0.0")


def read_parameters(args: Mapping[str, Any]) -> tuple[dict[str, float | str], list[Finding]]:
    """Reduction parameters of a group under this project's names, and a finding for each that cannot be used.

    Names: ``e0_ev``, ``eshift_ev``, ``rbkg_angstrom``, ``pre1_ev`` … as in ``NUMBERS``; ``clamp_low``, ``clamp_high``;
    ``window``, ``bkg_window``, ``r_window``; ``standard`` where a background standard was set.
    """
    found: dict[str, float | str] = {}
    findings: list[Finding] = []

    def unusable(name: str, value: str, why: str) -> None:
        problem = f"{name} = {value!r} {why}"
        findings.append(Finding(severity="warning", field="parameters", problem=problem, hint="not used"))

    for name, keys in NUMBERS.items():
        for key in keys:
            text = as_text(args.get(key)).strip()
            if not text:
                continue
            number = as_number(text)
            if number is None:
                if text.lower() not in ("no", "off", "yes", "on"):
                    unusable(key, text, "is no number")
                continue
            found[name] = number
            break
    for name, key in (("clamp_low", "bkg_clamp1"), ("clamp_high", "bkg_clamp2")):
        text = as_text(args.get(key)).strip()
        value = CLAMPS.get(text.lower(), as_number(text)) if text else None
        if value is not None:
            found[name] = value
        elif text:
            unusable(key, text, "is no clamp")
    for name, keys in WORDS.items():
        text = next((as_text(args.get(k)).strip().lower() for k in keys if as_text(args.get(k)).strip()), "")
        if text in WINDOWS:
            found[name] = "kaiser-bessel" if text == "kaiser" else text
        elif text:
            unusable(keys[0], text, "is no known window")
    standard = as_text(args.get("bkg_stan")).strip()
    if standard.lower() not in FALSE and standard != "None":
        found["standard"] = standard
        unusable("bkg_stan", standard, "(a background standard) is not supported")
    if as_text(args.get("bkg_cl")).strip().lower() not in FALSE:
        unusable("bkg_cl", as_text(args["bkg_cl"]), "(Cromer-Liberman normalisation) is not supported")
    if as_text(args.get("fft_pc")).strip().lower() not in FALSE:
        unusable("fft_pc", as_text(args["fft_pc"]), "(phase correction in the transform) is not supported")
    return found, findings


def as_text(value: Any) -> str:
    """A value of a dump as text; empty for undef, lists and hashes."""
    return value if isinstance(value, str) else "" if value is None or isinstance(value, list | dict) else str(value)


def as_number(text: str) -> float | None:
    """A finite number, else None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def is_set(args: Mapping[str, Any], name: str) -> bool:
    """True where a flag is neither empty nor 0, no, off."""
    return as_text(args.get(name)).strip().lower() not in FALSE
