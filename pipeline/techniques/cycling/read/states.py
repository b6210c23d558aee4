"""What a tester calls a step: its direction and what was held constant.

LAND      R, CCC, CCD, CVC, CCCV_C, CCVC_C, C_CC, D_CC, C_CV, RateC, RateD
Neware    Rest, CC_Chg, CC DChg, CCCV_Chg, CV_Chg, CP_DChg, Pulse, SIM; 静置, 恒流充电, 恒流恒压充电
Maccor    R, C, D, S, P       PEC, Arbin and plain words    Idle, Charge, Discharge, Rest
"""

from __future__ import annotations

import re

from pipeline.techniques.cycling.model import Control, Direction

RESTS = frozenset(
    ("r", "rest", "rst", "idle", "ocv", "pause", "p", "s", "suspend", "suspended", "wait", "open", "o", "off", "stop", "end",
     "finish", "静置", "搁置", "休眠", "暂停", "停止", "开路")
)  # fmt: skip
PULSE = re.compile(r"pulse|^sim$|脉冲|工况|simulation", re.IGNORECASE)
DISCHARGE = re.compile(r"dis?chg|dchg|dischar|放电|^cc?[vcpr]?d$|^cccvd$|^ccd|^cvd|^cpd|^crd|(^|_)d(_|$)|rated$|^d$")
CHARGE = re.compile(r"chg|charg|充电|^cc[vc]?c$|^cvc$|^cpc$|(^|_)c(_|$)|ratec$|^c$")
Meaning = tuple[Direction | None, Control]


def read_state(word: str) -> Meaning | None:
    """Direction and control of a step's name; None for a word that says neither."""
    text = re.sub(r"[\s\-]+", "_", word.strip().lower())
    if text in RESTS or text.startswith(("rest", "静置", "搁置")):
        return None, "rest"
    if PULSE.search(text):
        return None, "pulse"
    direction: Direction | None = "discharge" if DISCHARGE.search(text) else "charge" if CHARGE.search(text) else None
    return None if direction is None else (direction, _control(text))


def _control(text: str) -> Control:
    both = "恒流恒压" in text or re.search(r"cccv|ccvc", text) is not None
    if both:
        return "cccv"
    if "恒压" in text or re.search(r"(^|_)cv(_|$)|^cv[cd]$", text):
        return "cv"
    if "恒流" in text or re.search(r"(^|_)cc(_|$)|^cc[cd]$|^rate", text):
        return "cc"
    return "unknown"
