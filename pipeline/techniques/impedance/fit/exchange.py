"""A fitted spectrum as an lmfit fit and as an impedance.py circuit: a second opinion, and tools that a lab knows.

    Z(w) = R0 + j w L0 + sum_i R_i / (1 + R_i CPEi_0 (j w)^CPEi_1) + 1 / (CPE_0 (j w)^CPE_1), or diffusion Wo, Ws for the last,
    and HN = HNi_0 / (1 + (j w HNi_1)^HNi_2)^HNi_3 for a skewed arc, an element that impedance.py learns here

Both start at the minimum that the fit has proven; what they find from there has to agree with it.  Importing them takes
seconds, so nothing on the way to a record does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.impedance_elements import constant_phase, diffusion, relaxation, skewed_relaxation
from pipeline.science.statistics import sigmas_of
from pipeline.techniques.impedance.fit.single.circuit import BLOCKING_BOUNDS, N_BOUNDS, SKEW_BOUNDS
from pipeline.techniques.impedance.model import SpectrumFit

MARGIN = 1e-6
"""Beyond each bound of an exponent: lmfit cannot move a value that starts on its bound."""


def predict_impedance(values: dict[str, float], omega: FloatArray) -> ComplexArray:
    """Z (n,) in ohm at omega (n,) in rad/s of parameters by impedance.py's names."""
    ln_omega = np.log(omega)
    z = values.get("R0", 0.0) + 1j * omega * values.get("L0", 0.0)
    for name in (n.removesuffix("_0") for n in values if n.startswith("CPE") and n.endswith("_0")):
        q, n, r = values[f"{name}_0"], np.asarray(values[f"{name}_1"]), values.get(f"R{name[3:]}")
        if r is None:
            z = z + constant_phase(ln_omega, n, 1 / q)[0].together()
        else:
            z = z + relaxation(ln_omega, np.log(r * q) / n, n, r)[0].together()
    for name in (n.removesuffix("_0") for n in values if n.startswith("HN") and n.endswith("_0")):
        size, tau, n, b = (np.asarray(values[f"{name}_{k}"]) for k in range(4))
        z = z + skewed_relaxation(ln_omega, np.log(tau), n, b, size)[0].together()
    for name in (n.removesuffix("_0") for n in values if n.startswith("W") and n.endswith("_0")):
        size, ln_tau, blocked = np.asarray(values[f"{name}_0"]), np.log(values[f"{name}_1"]), name.startswith("Wo")
        z = z + diffusion(ln_omega, ln_tau, size, blocked=blocked)[0].together()
    return np.asarray(z)


def to_lmfit(fit: SpectrumFit) -> tuple[Any, Any]:
    """The fit done again by lmfit from the minimum found: parameters with errors and correlations, ready to profile.

    Returns
    -------
    minimizer, result:
        For ``lmfit.fit_report(result)`` and ``lmfit.conf_interval(minimizer, result, p_names=["ln_R1"])``.  The logarithms
        vary (``ln_R1``, exponents apart); ``R1`` in ohm follows from them with its propagated error.

    Raises
    ------
    ValueError
        The fit has no free parameter: nothing was determined.
    """
    import lmfit

    if not fit.parameter_names:
        raise ValueError(f"{fit.checked.spectrum.source.file}: the fit has no parameters")
    keep = np.array(fit.checked.keep)
    omega, z = 2 * np.pi * fit.checked.spectrum.frequency_hz[keep], fit.checked.spectrum.impedance_ohm[keep]
    start = lmfit.Parameters()
    for name, value in zip(fit.parameter_names, fit.parameter_values, strict=True):
        if name.startswith("CPE") and name.endswith("_1"):
            low, high = N_BOUNDS if f"R{name[3:-2]}" in fit.parameter_names else BLOCKING_BOUNDS
            start.add(name, value, min=low - MARGIN, max=high + MARGIN)
        elif name.startswith("HN") and name[-2:] in ("_2", "_3"):
            low, high = N_BOUNDS if name.endswith("_2") else SKEW_BOUNDS
            start.add(name, value, min=low - MARGIN, max=high + MARGIN, vary=value < 1)
        else:
            start.add(f"ln_{name}", np.log(value))
            start.add(name, expr=f"exp(ln_{name})")

    def residual(parameters: Any) -> FloatArray:
        values = {name: parameters[name].value for name in fit.parameter_names}
        return np.asarray(((predict_impedance(values, omega) - z) / np.abs(z)).view(float))

    minimizer = lmfit.Minimizer(residual, start)
    return minimizer, minimizer.minimize()


def teach_skewed_arc() -> None:
    """Make HN an element of impedance.py, which has none for skewed arcs; needed before a circuit with one is loaded."""
    from impedance.models.circuits.elements import element

    def skewed(p: Any, f: Any) -> ComplexArray:
        return np.asarray(p[0] / (1 + (2j * np.pi * np.array(f) * p[1]) ** p[2]) ** p[3])

    skewed.__name__ = "HN"
    element(num_params=4, units=["Ohm", "sec", "", ""], overwrite=True)(skewed)


def to_impedance(fit: SpectrumFit) -> Any:
    """The fit as a fitted ``impedance.models.circuits.CustomCircuit``: ``predict``, ``plot``, ``save``.

    ``conf_`` holds 1 sigma of each parameter, to first order from the covariance of the logarithms.
    """
    from impedance.models.circuits import CustomCircuit

    teach_skewed_arc()
    values = np.array(fit.parameter_values)
    circuit = CustomCircuit(fit.circuit, initial_guess=values.tolist())
    circuit.parameters_ = values
    circuit.conf_ = values * sigmas_of(fit.ln_covariance)
    return circuit
