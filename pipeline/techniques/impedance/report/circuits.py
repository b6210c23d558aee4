"""A fitted circuit as the JSON that impedance.py loads: its own circuit string, parameters and 1-sigma errors."""

from __future__ import annotations

import json

import numpy as np

from pipeline.techniques.impedance.model import SpectrumFit


def circuit_json(fit: SpectrumFit, name: str) -> str:
    """Text of the file that ``impedance.models.circuits.CustomCircuit().load`` reads as a completed model.

    The errors are the parameter times the standard deviation of its logarithm (first order), in the parameter's unit.
    """
    values = np.array(fit.parameter_values, dtype=float)
    sigma = values * np.sqrt(np.clip(np.diag(fit.ln_covariance), 0, None)) if values.size else values
    data = {
        "Name": name,
        "Circuit String": fit.circuit,
        "Initial Guess": values.tolist(),
        "Constants": {},
        "Fit": True,
        "Parameters": values.tolist(),
        "Confidence": sigma.tolist(),
        "Parameter Names": list(fit.parameter_names),
        "Verdict": f"{fit.verdict.level}: {fit.verdict.reason}",
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
