"""Does a column hold Im Z or -Im Z?  Never guessed in silence.

In a stable, causal, linear system the phase follows from the modulus (Kramers-Kronig); in the approximation of Bode

    arg Z(omega)  =  pi/2 * d ln|Z| / d ln omega

whose sign holds for capacitive and inductive behaviour alike (Bode, Network Analysis and Feedback Amplifier Design, 1945).  Where
the two sides run together the sign is right, where they run against each other it is inverted, and where they are unrelated
(few points, noise) the capacitive majority decides.
"""

from __future__ import annotations

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.values import Finding
from pipeline.instruments.text.roles import ColumnName

DECISIVE = 0.6
"""Least |correlation| of phase and slope that decides: between those of noise (0.3 for 40 points) and of real spectra (> 0.8)."""
MIN_POINTS = 8
HINT = "[settings.eis.read] imaginary_sign"


def to_complex(real: FloatArray, imag: FloatArray) -> ComplexArray:
    """Real + j imag, also where they hold Inf or NaN (a product with j would mix them)."""
    out = np.empty(real.shape, dtype=complex)
    out.real, out.imag = real, imag
    return out


def phase_slope_correlation(frequency_hz: FloatArray, re_ohm: FloatArray, im_ohm: FloatArray) -> float:
    """Correlation (about zero) of arg Z with d ln|Z|/d ln omega, from -1 (conjugated) to 1; 0 where it cannot be told."""
    good = np.isfinite(frequency_hz) & (frequency_hz > 0) & np.isfinite(re_ohm) & np.isfinite(im_ohm)
    modulus = np.hypot(re_ohm, im_ohm)
    good &= modulus > 0
    f, index = np.unique(frequency_hz[good], return_index=True)
    if f.size < MIN_POINTS:
        return 0.0
    x, y = np.log(f), np.log(modulus[good][index])
    phase = np.arctan2(im_ohm[good][index], np.abs(re_ohm[good][index]))
    wide = (x[2:] - x[:-2]) > 1e-9
    slope = (y[2:] - y[:-2])[wide] / (x[2:] - x[:-2])[wide]
    phase = phase[1:-1][wide]
    size = float(np.sqrt(np.sum(slope**2) * np.sum(phase**2)))
    return float(np.sum(slope * phase)) / size if size > 0 else 0.0


def im_sign(
    frequency_hz: FloatArray, re_ohm: FloatArray, im: FloatArray, name: ColumnName, wanted: str
) -> tuple[float, Finding | None]:
    """+1 where the column holds Im Z, -1 where it holds -Im Z, and what a person should know of the decision.

    Parameters
    ----------
    frequency_hz, re_ohm, im:
        (n,) in Hz and ohm, as written (of a phase column: |Z| cos, |Z| sin).
    name:
        Of the column; a minus before it is believed.
    wanted:
        ``auto``, ``as written`` or ``negated``.
    """
    if wanted != "auto":
        return (1.0 if wanted == "as written" else -1.0), None
    together = phase_slope_correlation(frequency_hz, re_ohm, im)
    usable = im[np.isfinite(im) & (im != 0) & (frequency_hz > 0)]  # record rows at 0 Hz say nothing
    capacitive = float(np.mean(usable < 0)) if usable.size else 0.5
    shown = repr(name.text) if name.text else "the third column"
    kk = f"Kramers-Kronig correlation {together:+.2f}, {1 - capacitive:.0%} of the values positive"
    if name.negated:
        if together > DECISIVE:
            problem = f"{shown} is taken as -Im Z as it says, but the data say Im Z ({kk})"
            return -1.0, Finding(severity="warning", field="imaginary_sign", problem=problem, hint=HINT)
        return -1.0, None
    decided = together if abs(together) >= DECISIVE else capacitive - 0.5
    rule = "Kramers-Kronig" if abs(together) >= DECISIVE else "the capacitive majority"
    if decided >= 0:
        if name.text and (together >= DECISIVE or capacitive > 0.5):
            return 1.0, None
        problem = f"{shown} is taken as Im Z by {rule} ({kk})"
        return 1.0, Finding(
            severity="info" if name.text else "warning", field="imaginary_sign", problem=problem, hint=HINT
        )
    problem = f"{shown} has no minus sign and is taken as -Im Z by {rule} ({kk})"
    return -1.0, Finding(severity="warning", field="imaginary_sign", problem=problem, hint=HINT)
