"""Whether an arc that continues one of the other temperatures is that arc alone, or holds faster ones too.

On warming the fast arcs leave the window; what is left of them goes into the first arc that is still seen.  Its C l/A hardly moves
(two equal resistances in one arc halve it at most), its resistance does: that is what is compared.
"""

from __future__ import annotations

import numpy as np

from pipeline.techniques.impedance.model import Arc, SeriesFit

MAX_SIGMAS, MIN_SHARE = 3.0, 0.02
"""The resistance of an arc alone stands no further off the joint fit's than this many sigma, or this share of it."""


def doubt_alone(arc: Arc, number: int, series: SeriesFit | None, temperature_k: float | None) -> str:
    """Why ``arc`` may not be arc ``number`` of the other temperatures alone; '' where it is.

    Parameters
    ----------
    series:
        The joint fit, where it is usable; without it the fastest arc of a spectrum is only itself where it is the first of all.
    """
    if series is not None and arc.resistance is not None:
        at = [i for i, t in enumerate(series.temperature_k) if t == temperature_k]
        expected = series.arcs[number - 1].resistance_ohm[at[0]] if at else None
        if expected is not None:
            mine = arc.resistance
            shift = float(np.log(mine.value / expected.value))
            z = shift / max(float(np.hypot(mine.sigma / mine.value, expected.sigma / expected.value)), 1e-9)
            if abs(z) > MAX_SIGMAS and abs(shift) > MIN_SHARE:
                return (
                    f"its {mine.value:.4g} ohm are not the {expected.value:.4g} ohm of that arc in the joint fit "
                    f"({z:+.1f} sigma): it is not that arc alone"
                )
            return ""
    if arc.number == 1 and number > 1:
        return "the faster arcs do not show here: it may hold them too"
    return ""
