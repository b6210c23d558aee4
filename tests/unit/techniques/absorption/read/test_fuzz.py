"""Whatever the bytes are: scans or one ReadError of one line, in bounded time and memory, and never a crash."""

from __future__ import annotations

import gzip
import re

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.techniques.absorption.read.recognise import recognise_absorption
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

FUZZ = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
E = np.arange(9800.0, 9990.0, 5.0)
ROWS = "\n".join(f"{e} {1e5 + e} {1e4 + e / 2} {np.tanh((e - 9881) / 3)}" for e in E)
EVENTS = "\n".join("1, " + ", ".join(row.split()[:3]) for row in ROWS.split("\n"))
MACROS = '# CLS Data Acquisition\n#(1)\t"Event-ID"\t"E:fbk"\t"mcs04"\t"mcs05"\n'
XDI = "# XDI/1.0\n# Element.symbol: Ta\n# Column.1: energy eV\n# ///\n# energy i0 it if\n"
X, Y = (",".join(f"'{v}'" for v in values) for values in (E, range(E.size)))
PERL = "# Athena project file -- Demeter version 0.9.25\n$old_group = 'a';\n@args = ('bkg_z','Ta','titles',['x']);\n"
JSON = '{"_____header1": "# Athena project file -- Demeter version 0.9.26", "a": {"args": {"bkg_e0": "1"}, '
SEEDS = tuple(
    text.encode()
    for text in (
        f"# energy i0 i1 mu\n{ROWS}\n",
        f"{XDI}{ROWS}\n",
        f"{MACROS}{EVENTS}\n",
        f"{PERL}@x = ({X});\n@y = ({Y});\n[record]\n",
        JSON + '"x": [1, 2, 3, 4], "y": [1, 2, 3, 4]}}',
    )
)
WORDS = st.sampled_from(
    [
        b"nan",
        b"1e999",
        b"-",
        b"\x00",
        b"(",
        b"')",
        b"undef",
        b"\r",
        b"# ",
        b",",
        b";",
        b"inf",
        b"9" * 400,
        b"\xff\xfe",
        b"{",
        b"]",
        b"0",
        b"\\x{110000}",
        b"1:2:3",
        b"\n",
        b"#S 1\n",
        b"e",
        b"1-1-1-1",
    ]
)


def outcome(data: bytes) -> None:
    raw = RawFile(name="f.dat", data=data, size=len(data))
    try:
        scans = read_scans(raw, XasReadSettings(min_points=3, max_decompressed_mb=2))
    except ReadError as error:
        assert re.fullmatch(r"f\.dat: .+: .+", str(error))  # noqa: PT017
    else:
        for scan in scans:
            assert scan.energy_ev.shape == scan.mu.shape
            assert np.all(np.isfinite(scan.energy_ev))
            assert np.all(np.diff(scan.energy_ev) >= 0)
            assert all(len(v) == scan.mu.size for v in scan.detectors.values())
            assert scan.reference_mu is None or scan.reference_mu.shape == scan.mu.shape
            assert scan.i0 is None or scan.i0.shape == scan.mu.shape
    recognise_absorption(raw)


@FUZZ
@given(st.binary(max_size=2000))
def test_any_bytes(data):
    outcome(data)
    outcome(b"\x1f\x8b\x08" + data)


@FUZZ
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), WORDS), min_size=1, max_size=6),
    st.booleans(),
)
def test_damaged_files(seed, cuts, packed):
    data = seed
    for where, length, word in cuts:
        at = int(where * len(data))
        data = data[:at] + word + data[at + length :]
    outcome(gzip.compress(data, 1) if packed else data)


@FUZZ
@given(st.sampled_from(SEEDS), st.floats(0, 1))
def test_cut_files(seed, where):
    outcome(seed[: int(where * len(seed))])
    packed = gzip.compress(seed, 1)
    outcome(packed[: int(where * len(packed))])


@FUZZ
@given(st.text(alphabet="0123456789.,;eE+-# \n\tnaif'\"", max_size=600))
def test_number_like_text(text):
    outcome(text.encode())
