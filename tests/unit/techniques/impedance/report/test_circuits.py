"""Circuits that impedance.py loads."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.impedance.report.circuits import circuit_json
from tests.archived_run import spectrum_fit


def test_impedance_py_loads_the_circuit(tmp_path):
    circuits = pytest.importorskip("impedance.models.circuits")
    path = tmp_path / "c.json"
    path.write_text(circuit_json(spectrum_fit(), "a"), encoding="utf-8")
    model = circuits.CustomCircuit()
    model.load(str(path))
    np.testing.assert_allclose(model.parameters_, [20, 1e4, 1e-9, 0.9])
    np.testing.assert_allclose(model.conf_, [0.2, 200, 3e-11, 9e-4])
    fit = spectrum_fit()
    np.testing.assert_allclose(model.predict(fit.checked.spectrum.frequency_hz), fit.fitted_ohm, rtol=1e-12)
    assert "R1" in str(model)
