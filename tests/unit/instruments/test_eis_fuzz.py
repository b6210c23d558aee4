"""Whatever the bytes are: spectra, sweeps or one ReadError of one line, in bounded time and memory, and never a crash."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.errors import ReadError
from pipeline.core.names import match_pattern, name_rule, sample_from_name
from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from pipeline.instruments.names import find_temperature
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.sweeps.read import read_sweeps

FUZZ = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
F = np.geomspace(1e6, 1, 12)
NAMES = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t|Z|/Ohm\tcycle number\tEwe/V\t<I>/mA\tTemperature/°C"
ROWS = "\n".join("\t".join(f"{v:.7E}" for v in (f, f + 1, 2 * f, f, 1, 0.1, f, 25)) for f in F)
HEAD = "EC-Lab ASCII FILE\nNb header lines : 7\n\n{}\n\nLoop 0 from point number 0 to 5\n"
PEIS, LSV = "Potentio Electrochemical Impedance Spectroscopy", "Linear Sweep Voltammetry"
GAMRY = "EXPLAIN\nTAG\tEISPOT\nZCURVE\tTABLE\n\tPt\tTime\tFreq\tZreal\tZimag\n\t#\ts\tHz\tohm\tohm\n"
COLUMNS = "\n".join(f"\t{i}\t{i}\t{f:.6g}\t{f:.6g}\t{-f:.6g}" for i, f in enumerate(F))
IVIUM = (
    "\0\0H\nstarttime=\nMethod=Impedance\nprimary_data \n3\n4\n" + "\n".join(f"1 -2 {f:.4E}" for f in F[:4]) + "\n7\n\0"
)
DFR = "VERSION8.0\n 3\n 1\n" + "\n".join(f" {f:.5g}\n 1\n 2" + "\n 0" * 6 for f in F[:3])


def module(short: bytes, data: bytes, version: int) -> bytes:
    head = short.ljust(10) + short.ljust(25) + len(data).to_bytes(4, "little") + version.to_bytes(4, "little")
    return b"MODULE" + head + b"01/02/26" + data


def mpr() -> bytes:
    body = np.zeros(12, dtype=[("t", "<f8"), ("f", "<f4"), ("re", "<f4"), ("im", "<f4")])
    body["f"], body["re"], body["im"] = F, F, F
    ids = b"".join(i.to_bytes(2, "little") for i in (4, 32, 37, 38))
    data = ((12).to_bytes(4, "little") + b"\x04" + ids).ljust(406, b"\0") + body.tobytes()
    loops = (2).to_bytes(4, "little") + (0).to_bytes(4, "little") + (6).to_bytes(4, "little")
    parts = (
        (b"VMP Set", b"\x1d" * 64, 0),
        (b"VMP loop", loops, 0),
        (b"VMP ExtDev", b"\1\7Force/N" * 30, 0),
        (b"VMP data", data, 3),
    )
    return b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\0" * 4 + b"".join(module(*p) for p in parts)


SEEDS = (
    *(
        text.encode("latin-1")
        for text in (HEAD.format(PEIS) + f"{NAMES}\n{ROWS}\n", HEAD.format(LSV) + f"{NAMES}\n{ROWS}\n")
    ),
    *(text.encode("latin-1") for text in (GAMRY + COLUMNS, IVIUM, DFR, "f;Z';Z''\n" + ROWS.replace("\t", ";"))),
    ("E/V,I/mA,cycle\n" + "\n".join(f"{i},{i},{i // 4}" for i in range(12))).encode(),
    mpr(),
)
WORDS = st.sampled_from(
    [
        *(
            b"nan",
            b"inf",
            b"1e999",
            b"-1e-999",
            b"-",
            b"\x00",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\r",
            b"\n\n",
            b"\t",
            b",",
            b";",
        ),
        *(
            b'"',
            b"1_0",
            b"0",
            b"9" * 400,
            b"EC-Lab ASCII FILE\n",
            b"Nb header lines : 99999999999",
            b"MODULE",
            b"primary_data\n",
        ),
        *(
            b"\xff" * 8,
            b"freq/Hz\t",
            b"Re(Z)/Ohm\tRe(Z)/Ohm",
            b"1.5,5",
            b"\xb5\xb2",
            b"\x85\x0c",
            b"VERSION1 99999999 1\n",
        ),
    ]
)
SUFFIX = st.sampled_from(["mpt", "mpr", "txt", "csv", "DTA", "idf", "dfr", "z"])


def outcome(data: bytes, suffix: str) -> None:
    raw = RawFile(name=f"f.{suffix}", data=data, size=len(data))
    for read in (read_impedance, read_sweeps):
        try:
            found = read(raw, DelimitedSettings())
        except ReadError as error:
            assert re.fullmatch(rf"f\.{suffix}: .+: .+", str(error))  # noqa: PT017
            continue
        for m in found:
            if read is read_sweeps:
                assert m.potential_v.shape == m.current_a.shape
                assert m.potential_v.size >= 2
                assert np.all(np.isfinite(m.potential_v) & np.isfinite(m.current_a))
                assert m.time_s is None or m.time_s.shape == m.potential_v.shape
                continue
            assert m.frequency_hz.shape == m.impedance_ohm.shape
            assert m.frequency_hz.size >= 1
            assert np.all(np.isfinite(m.frequency_hz) & (m.frequency_hz > 0) & np.isfinite(m.impedance_ohm))
            assert np.all(np.diff(m.frequency_hz) <= 0)
            assert all(len(v) == m.frequency_hz.size for v in m.quality.values())
    known = recognise(raw)
    assert all("\n" not in str(f) for f in known.findings)


@FUZZ
@given(st.binary(max_size=1500), SUFFIX)
def test_any_bytes(data, suffix):
    outcome(data, suffix)
    outcome(SEEDS[-1][:52] + data, suffix)


@FUZZ
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), WORDS), min_size=1, max_size=6),
    SUFFIX,
)
def test_damaged_files(seed, cuts, suffix):
    data = seed
    for where, length, word in cuts:
        at = int(where * len(data))
        data = data[:at] + word + data[at + length :]
    outcome(data, suffix)


@FUZZ
@given(st.sampled_from(SEEDS), st.floats(0, 1), SUFFIX)
def test_cut_files(seed, where, suffix):
    outcome(seed[: int(where * len(seed))], suffix)


@FUZZ
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=30))
def test_single_bytes_changed(seed, changes):
    data = bytearray(seed)
    for where, byte in changes:
        data[int(where * len(data))] = byte
    outcome(bytes(data), "mpt")


@FUZZ
@given(st.text(alphabet="0123456789.,;eE+-# \n\tnaifZ'\"/(Hz)", max_size=600), SUFFIX)
def test_number_like_text(text, suffix):
    outcome(text.encode(), suffix)


@FUZZ
@given(st.text(max_size=120))
def test_names(name):
    find_temperature(name)
    sample_from_name(name, name_rule(("EIS",)), ("EIS",))
    match_pattern(name, [name])
