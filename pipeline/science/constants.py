"""Constants of nature in the units of the fields that use them: CODATA, as ``scipy.constants`` has it, and the Celsius scale.

Importing scipy takes 0.2 s: readers, which do without it, import this module where they use it.
"""

from __future__ import annotations

from scipy.constants import c, e, epsilon_0, h, hbar, k, m_e, zero_Celsius

ZERO_CELSIUS_K: float = zero_Celsius
T_25C_K: float = 25.0 + zero_Celsius
KB_EV_PER_K: float = k / e
EPS0_F_PER_M: float = epsilon_0
HC_EV_ANGSTROM: float = 1e10 * h * c / e
"""Photon energy times wavelength."""
EV_PER_K2: float = 1e20 * hbar**2 / (2 * m_e * e)
"""hbar^2 / 2 m_e in eV angstrom^2: E - E0 = 3.80998 k^2."""
K2_PER_EV: float = 1 / EV_PER_K2
"""2 m_e / hbar^2 in 1/(eV angstrom^2): k^2 = 0.262468 (E - E0)."""
S_PER_CM = 0.01
"""S/m -> S/cm, and F/m -> F/cm."""
