"""A fitted circuit as the JSON that impedance.py loads: its own circuit string, parameters and 1-sigma errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pipeline.core.report.text import file_stem
from pipeline.core.technique import About
from pipeline.science.statistics import sigmas_of
from pipeline.techniques.impedance.model import ImpedanceSummary, SpectrumFit


def circuit_json(fit: SpectrumFit, name: str) -> str:
    """Text of the file that ``impedance.models.circuits.CustomCircuit().load`` reads as a completed model.

    The errors are the parameter times the standard deviation of its logarithm (first order), in the parameter's unit.
    """
    values = np.array(fit.parameter_values, dtype=float)
    sigma = values * sigmas_of(fit.ln_covariance) if values.size else values
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


def circuit_files(summary: ImpedanceSummary, about: About) -> dict[str, bytes]:
    """``circuits/<sample>_<file>_<loop>.json`` for every spectrum, as bytes."""
    del about
    files: dict[str, bytes] = {}
    taken: set[str] = set()
    for sample, fit in summary.spectra:
        spectrum = fit.checked.spectrum
        stem = file_stem(f"{sample}_{Path(spectrum.source.file).stem}_{spectrum.loop}", taken)
        files[f"circuits/{stem}.json"] = circuit_json(fit, f"{sample} {spectrum.source.file} {spectrum.loop}").encode()
    return files
