"""A fitted spectrum as an lmfit fit and as an impedance.py circuit: a second opinion, and tools that a lab knows.

    Z(w) = R0 + j w L0 + sum_i R_i / (1 + R_i CPEi_0 (j w)^CPEi_1) + 1 / (CPE_0 (j w)^CPE_1), or diffusion Wo, Ws for the last

Both start at the minimum that the fit has proven; what they find from there has to agree with it.  Importing them takes
seconds, so nothing on the way to a record does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.impedance_elements import constant_phase, diffusion, relaxation
from pipeline.science.statistics import sigmas_of
from pipeline.techniques.impedance.fit.single.circuit import BLOCKING_BOUNDS, N_BOUNDS
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
    for name in (n.removesuffix("_0") for n in values if n.startswith("W") and n.endswith("_0")):
        r, ln_tau, blocked = values[f"{name}_0"], np.log(values[f"{name}_1"]), name.startswith("Wo")
        z = z + diffusion(ln_omega, ln_tau, r, blocked=blocked)[0].together()
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
        else:
            start.add(f"ln_{name}", np.log(value))
            start.add(name, expr=f"exp(ln_{name})")

    def residual(parameters: Any) -> FloatArray:
        values = {name: parameters[name].value for name in fit.parameter_names}
        return np.asarray(((predict_impedance(values, omega) - z) / np.abs(z)).view(float))

    minimizer = lmfit.Minimizer(residual, start)
    return minimizer, minimizer.minimize()


def to_impedance(fit: SpectrumFit) -> Any:
    """The fit as a fitted ``impedance.models.circuits.CustomCircuit``: ``predict``, ``plot``, ``save``.

    ``conf_`` holds 1 sigma of each parameter, to first order from the covariance of the logarithms.
    """
    from impedance.models.circuits import CustomCircuit

    values = np.array(fit.parameter_values)
    circuit = CustomCircuit(fit.circuit, initial_guess=values.tolist())
    circuit.parameters_ = values
    circuit.conf_ = values * sigmas_of(fit.ln_covariance)
    return circuit
