"""What the header of an EC-Lab text export says: technique, device, amplitude, area, scan rate, loops, external inputs.

Everything is kept as written; dates above all, whose order (day or month first) differs between machines and is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

SHORT_NAMES = {
    "Potentio Electrochemical Impedance Spectroscopy": "PEIS",
    "Galvano Electrochemical Impedance Spectroscopy": "GEIS",
    "Staircase Potentio Electrochemical Impedance Spectroscopy": "SPEIS",
    "Staircase Galvano Electrochemical Impedance Spectroscopy": "SGEIS",
    "PEIS Wait": "PEISW",
    "Linear Sweep Voltammetry": "LSV",
    "Cyclic Voltammetry": "CV",
    "Cyclic Voltammetry Advanced": "CVA",
    "Open Circuit Voltage": "OCV",
    "Chronoamperometry / Chronocoulometry": "CA",
    "Chronopotentiometry": "CP",
    "IR compensation (PEIS)": "ZIR",
    "Galvanostatic Cycling with Potential Limitation": "GCPL",
    "Modulo Bat": "MB",
    "Constant Voltage": "CoV",
}
AREA_NOT_SET_CM2 = 0.001
"""EC-Lab's default electrode area: nobody typed one."""
AREA_UNITS_M2 = {"m²": 1.0, "cm²": 1e-4, "mm²": 1e-6, "µm²": 1e-12}


def short_name(words: str) -> str:
    """``PEIS`` for the header's long name, also with a remark or a number behind it; the words where they are unknown."""
    if words in SHORT_NAMES:
        return SHORT_NAMES[words]
    found = re.match(r"(.+?)\s*(\(.*\)|\d+)$", words)
    if found and found[1] in SHORT_NAMES:
        return SHORT_NAMES[found[1]] + ("" if found[2].startswith("(") else found[2])
    return words


def read_header(lines: Sequence[str]) -> dict[str, str]:
    """Facts of the header by key, as written; ``technique`` is the short name."""
    facts: dict[str, str] = {}
    for line in lines[2:]:
        text = line.strip()
        if not text:
            continue
        if "technique" not in facts and ":" not in text and "  " not in text:
            facts["technique"] = short_name(text)
            continue
        version = re.match(r"(EC-Lab|BT-Lab) for windows (v[\d.]+)", text, re.IGNORECASE)
        if version:
            facts["software"] = f"{version[1]} {version[2]}"
        elif " : " in text or text.endswith(" :"):
            key, _, value = text.partition(" :")
            facts.setdefault(key.strip(), value.strip())
        else:
            setting = re.match(r"(\S.*?)\s{2,}(\S.*)$", text)
            if setting:
                facts.setdefault(setting[1], re.sub(r"\s{2,}", " | ", setting[2].strip()))
    return facts


def loop_rows(lines: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """First and last row of each ``Loop k from point number a to b``."""
    found = (re.match(r"\s*Loop \d+ from point number (\d{1,9}) to (\d{1,9})", line) for line in lines)
    return tuple((int(m[1]), int(m[2])) for m in found if m)


def first_number(text: str) -> float | None:
    """The number that a setting begins with (the first sequence's, with a point or a comma), or None."""
    found = re.match(r"\s*([-+]?\d+(?:[.,]\d*)?(?:[Ee][-+]?\d+)?)", text)
    return float(found[1].replace(",", ".")) if found else None


def area_m2(header: Mapping[str, str]) -> float | None:
    """Electrode area in m^2; None where it is missing or EC-Lab's default of 0.001 cm^2, which means not set."""
    words = _by_start(header, "Electrode surface area")
    area = first_number(words)
    if area is None or area <= 0 or abs(area - AREA_NOT_SET_CM2) < 1e-9:
        return None
    unit = re.search(r"[µmc]?m²", words)
    return area * AREA_UNITS_M2[unit[0] if unit else "cm²"]


def area_is_default(header: Mapping[str, str]) -> bool:
    """True where the header gives EC-Lab's default area."""
    area = first_number(_by_start(header, "Electrode surface area"))
    return area is not None and abs(area - AREA_NOT_SET_CM2) < 1e-9


def _by_start(header: Mapping[str, str], start: str) -> str:
    return next((value for key, value in header.items() if key.startswith(start)), "")


def amplitude_v(header: Mapping[str, str]) -> float | None:
    """Sine amplitude of a potentiostatic spectrum in V."""
    for key, value in header.items():
        found = re.match(r"Va \((m?)V\)$", key)
        if found:
            amplitude = first_number(value)
            return None if amplitude is None else amplitude * (1e-3 if found[1] else 1.0)
    return None


def nominal_rate_v_per_s(header: Mapping[str, str]) -> float | None:
    """Scan rate of the settings in V/s, None where they give none or another unit."""
    rate = first_number(header.get("dE/dt", ""))
    unit = header.get("dE/dt unit", header.get("unit dE/dt", "mV/s")).split("|")[0].strip()
    scale = {
        "V/s": 1.0,
        "mV/s": 1e-3,
        "µV/s": 1e-6,
        "uV/s": 1e-6,
        "V/min": 1 / 60,
        "mV/mn": 1e-3 / 60,
        "mV/min": 1e-3 / 60,
    }
    return None if rate is None or unit not in scale else rate * scale[unit]
