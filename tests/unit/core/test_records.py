"""Records come back as they went in, whole or not at all."""

import json

import numpy as np
import pytest

from pipeline.core.records import Store, decode, encode, hash_parts
from pipeline.core.sample import Source
from pipeline.core.technique import Record
from pipeline.core.values import Estimate, Finding, Rejection
from pipeline.techniques.impedance.model import ImpedanceSpectrum, KramersKronig


def spectrum() -> ImpedanceSpectrum:
    return ImpedanceSpectrum(
        source=Source(file="a b/é.mpt", format="EC-Lab mpt", header={"device": "VMP3"}),
        frequency_hz=np.array([1e6, 1e3, 1.0]),
        impedance_ohm=np.array([1 - 2j, 3.25 - 1e-30j, 1e300 + 0j]),
        quality={"THD Ewe/%": (0.1, float("nan"), float("inf"))},
        findings=(Finding(severity="info", field="f", problem="p"),),
    )


def record() -> Record:
    return Record(name="a b/é.mpt", sample="S", results=(spectrum(), Estimate(value=1.5, sigma=0.1, unit="ohm")))


def test_a_record_read_back_has_the_same_values_types_and_bytes(tmp_path):
    store = Store(tmp_path)
    store.write("ab" * 32, record())
    first = store.path("ab" * 32).read_bytes()
    back = store.read("ab" * 32)
    found, made = back.results[0], spectrum()
    np.testing.assert_array_equal(found.impedance_ohm, made.impedance_ohm)
    assert found.impedance_ohm.dtype == complex
    assert not found.impedance_ohm.flags.writeable
    assert found.findings == made.findings
    assert found.source.header == {"device": "VMP3"}
    np.testing.assert_array_equal(found.quality["THD Ewe/%"], made.quality["THD Ewe/%"])
    store.write("ab" * 32, back)
    assert store.path("ab" * 32).read_bytes() == first


def test_nan_and_infinity_in_arrays_survive_strict_json():
    kk = KramersKronig(
        level="pass", reason="", n_elements=1, mu=1.0, rms_percent=0.1, noise_percent=0.1,
        residual_real=np.array([0.0, np.nan]), residual_imag=np.array([-np.inf, 1.0]),
    )  # fmt: skip
    text = json.dumps(encode(kk), allow_nan=False)
    back = decode(json.loads(text))
    np.testing.assert_array_equal(back.residual_real, kk.residual_real)
    np.testing.assert_array_equal(back.residual_imag, kk.residual_imag)


def test_only_classes_of_the_model_are_rebuilt():
    with pytest.raises(ValueError, match="unknown class 'Path'"):
        decode({"$": "Path", "x": 1})
    with pytest.raises(ValueError, match="does not fit class 'Finding'"):
        decode({"$": "Finding", "colour": "red"})


def test_a_summary_names_the_results_it_holds_and_is_read_back_with_them():
    kept = record()
    summary = {"spectra": [("S", kept.results[0])], "text": "x"}
    data = json.loads(json.dumps(encode(summary, known={id(kept.results[0]): (0, 0)}), allow_nan=False))
    assert data["spectra"] == [["S", {"$": "result", "of": [0, 0]}]]
    assert decode(data, [kept])["spectra"][0][1] is kept.results[0]


def test_classes_of_a_technique_carry_its_key():
    assert encode(spectrum())["$"] == "eis:ImpedanceSpectrum"
    assert encode(Estimate(value=1.0, sigma=0.1, unit="V"))["$"] == "Estimate"


def test_keys_follow_content_not_identity():
    row = Rejection(file="f", stage="read", field="x", problem="p", hint="")
    same = Rejection(file="f", stage="read", field="x", problem="p", hint="")
    assert hash_parts(row, np.array([1.0, 2.0])) == hash_parts(same, np.array([1.0, 2.0]))
    assert hash_parts(row, np.array([1.0, 2.0])) != hash_parts(row, np.array([1.0, 2.0000000001]))
