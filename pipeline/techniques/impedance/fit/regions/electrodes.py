"""Which processes of a pellet belong to its electrodes, decided for all temperatures together.

A capacitance hardly changes with temperature, a resistance does: one cut through the capacitances of all arcs at all temperatures
keeps a process on the same side of the total throughout, and no activation energy is made out of a term that comes and goes.  The
cut lies where an electrode begins, C l/A = 1e-7 F/cm (Irvine, Sinclair and West, Adv. Mater. 2 (1990) 132), in the widest gap
around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.sample import Pellet
from pipeline.techniques.impedance.model import SpectrumFit

ELECTRODE_F_PER_M = 1e-5
"""C l/A from which on a process is an electrode's."""
BELOW, ABOVE = 10.0, 3.0
"""The table is good to half a decade; a grain boundary ends a decade below."""


def capacitances(fit: SpectrumFit) -> FloatArray:
    """(M,) C of each arc in F, 1/(R w) at its top, also where its resistance is withheld."""
    values = dict(zip(fit.parameter_names, fit.parameter_values, strict=True))
    of_arcs = [values.get(f"R{a.number}", values.get(f"HN{a.number}_0", np.nan)) for a in fit.arcs]
    apex = np.array([a.apex_hz for a in fit.arcs])
    return np.asarray(1 / (2 * np.pi * apex * np.array(of_arcs)), dtype=float).reshape(len(fit.arcs))


def find_electrode_cut(fits: Sequence[SpectrumFit], pellet: Pellet | None) -> float:
    """Capacitance in F from which on an arc of this pellet is an electrode's; infinite where none is.

    Without a geometry it is the smallest that any spectrum has left out of its total by itself (model_averaging.py).
    """
    every = np.concatenate([capacitances(f) for f in fits]) if fits else np.empty(0)
    every = every[np.isfinite(every)]
    left = [_left_out(f) for f in fits]
    limits = [float(c.min()) for c in left if c.size]
    if pellet is not None:
        begins = ELECTRODE_F_PER_M / pellet.cell_constant_per_m
        limits = [begins, *(c for c in limits if begins / BELOW < c < begins)]
    if every.size == 0 or not limits or every.max() < min(limits):
        return float("inf")
    nominal = min(limits)
    low, high = nominal / BELOW, nominal * (ABOVE if pellet is not None and len(limits) == 1 else 1.0)
    near = np.log(np.sort([low, *every[(every > low) & (every < high)], high]))
    widest = int(np.argmax(np.diff(near)))
    return float(np.exp(0.5 * (near[widest] + near[widest + 1])))


def _left_out(fit: SpectrumFit) -> FloatArray:
    """Capacitances of the arcs that are not in the spectrum's own total."""
    mine = next((t.arcs for t in fit.totals if t.verdict == fit.total_verdict), tuple(a.number for a in fit.arcs))
    outside = np.array([a.number not in mine for a in fit.arcs], dtype=bool)
    found = capacitances(fit)[outside]
    return np.asarray(found[np.isfinite(found)])


def decide_total(fit: SpectrumFit, cut_f: float) -> SpectrumFit:
    """The fit with the total of the arcs below the cut; unchanged where it is that already."""
    inside = int(np.sum(~(capacitances(fit) >= cut_f)))
    if not np.isfinite(cut_f) or len(fit.totals) <= inside or fit.totals[inside].verdict == fit.total_verdict:
        return fit
    total = fit.totals[inside]
    return replace(fit, total_resistance=total.resistance, total_verdict=total.verdict)
