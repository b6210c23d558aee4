"""Sessions of larix: groups with mu or chi, in both encodings of arrays; the rest is left alone."""

from __future__ import annotations

import base64
import gzip
import json

import numpy as np
import pytest

from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

E = np.arange(7000.0, 7500.0)
MU = 0.4 + 0.5 + np.arctan((E - 7112) / 1.5) / np.pi
K = np.arange(0, 12, 0.05)


def packed_array(values: np.ndarray, dtype: str = "<f8") -> dict:
    raw = values.astype(dtype).tobytes()
    inner = {
        "_type_": "b64ndarray",
        "shape": list(values.shape),
        "dtype": dtype,
        "value": base64.b64encode(raw).decode(),
    }
    return {"__class__": "b64ndarray", "__value__": json.dumps(inner)}


def plain_array(values: np.ndarray) -> dict:
    return {"__class__": "Array", "__shape__": list(values.shape), "__dtype__": "float64", "value": values.tolist()}


def session(**groups: dict) -> bytes:
    lines = ["##LARIX: 1.0      Larch Session File", "##<CONFIG>", "##</CONFIG>", "##<Session Commands>", "import os"]
    lines += ["##</Session Commands>", f"##<Symbols: count={len(groups)}>", "<:_xasgroups:>", '{"__class__": "Dict"}']
    for name, group in groups.items():
        lines += [f"<:{name}:>", json.dumps({"__class__": "Group", **group})]
    return "\n".join([*lines, "##</Symbols>", ""]).encode()


def read(data: bytes) -> tuple[AbsorptionScan, ...]:
    return read_scans(RawFile(name="s.larix", data=data, size=len(data)), XasReadSettings())


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("encode", [packed_array, plain_array, lambda a: packed_array(a, ">f8")])
def test_groups_with_mu_are_read_in_order(packed, encode):
    one = {"energy": encode(E), "mu": encode(MU), "atsym": "Fe", "edge": "K", "filename": "foil.dat", "e0": 7112.5}
    two = {"energy": encode(E[::-1]), "mu": encode(2 * MU[::-1]), "e0": float("nan")}
    data = session(a=one, position={"xdat": encode(E), "ydat": encode(MU)}, b=two)
    first, second = read(gzip.compress(data) if packed else data)
    np.testing.assert_array_equal(first.energy_ev, E)
    np.testing.assert_array_equal(first.mu, MU)
    assert (first.element, first.edge, first.label, first.parameters["e0_ev"]) == ("Fe", "K", "foil.dat", 7112.5)
    np.testing.assert_array_equal(second.mu, 2 * MU)
    assert (second.element, second.edge) == ("Fe", "K")
    assert "e0_ev" not in second.parameters
    assert "scanned downwards" in str(second.findings[0])


def test_chi_alone_and_a_damaged_group():
    data = session(a={"k": packed_array(K), "chi": packed_array(np.sin(K))}, b={"energy": packed_array(E), "mu": 3})
    (scan,) = read(data.replace(b"<:b:>\n{", b"<:b:>\n{{"))
    assert scan.is_chi
    np.testing.assert_array_equal(scan.mu, np.sin(K))


def test_a_session_is_recognised():
    data = gzip.compress(session(a={"energy": packed_array(E), "mu": packed_array(MU), "atsym": "Fe", "edge": "K"}))
    known = recognise(RawFile(name="s.larix", data=data, size=len(data)))
    assert (known.technique, known.format, known.subject) == ("xas", "larix session", "Fe K")
