"""One broken sweep file per defect: one line that names file, field and problem, and never a crash."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.flow import reduce_unit
from pipeline.core.sample import RawFile
from pipeline.core.technique import Record, Settings, Work
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.sweeps.model import SweepConditions, SweepFit, SweepRow
from pipeline.techniques.sweeps.settings import LsvCheckSettings, OnsetSettings
from pipeline.techniques.sweeps.technique import TECHNIQUE

SETTINGS = Settings(values=(DelimitedSettings(), LsvCheckSettings(), OnsetSettings()))
E_V = np.linspace(2.5, 4.5, 400)
I_MA = 2e-4 + 5e-2 * np.maximum(E_V - 3.8, 0) ** 1.5 + 1e-5 * np.random.default_rng(0).standard_normal(400)


def table(e: np.ndarray = E_V, i: np.ndarray = I_MA, head: str = "time/s,Ewe/V,I/mA") -> bytes:
    t = 50.0 * np.arange(e.size)
    rows = "\n".join(f"{a:.3f},{b:.6f},{c:.6e}" for a, b, c in zip(t, e, i, strict=True))
    return f"{head}\n{rows}\n".encode()


def reduce(data: bytes) -> Record[SweepFit]:
    raw = RawFile(name="lsv/a.csv", data=data, size=len(data))
    conditions = SweepConditions(volts_vs_na=0.08, area_m2=1e-4)
    row = SweepRow(name=raw.name, sample="A", files=(raw.name,), conditions=conditions)
    return reduce_unit(TECHNIQUE.chain, Work(row=row, settings=SETTINGS), lambda name: raw)


def test_the_whole_file_is_good() -> None:
    record = reduce(table())
    assert not record.rejected
    assert record.results[0].onsets[0].verdict.level == "resolved"


def broken(where: slice, value: float) -> np.ndarray:
    out = I_MA.copy()
    out[where] = value
    return out


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty", b""),
        ("header only", b"time/s,Ewe/V,I/mA\n"),
        ("one point", table(E_V[:1], I_MA[:1])),
        ("no current column", table(head="time/s,Ewe/V,Power/W")),
        ("no potential column", table(head="time/s,T/K,I/mA")),
        ("impedance given as lsv", b"freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n1e6,10,1\n1e5,11,2\n1e4,12,3\n"),
        ("a rest only", table(np.full(400, 2.5), np.zeros(400))),
        ("cell not connected", table(i=np.zeros(400))),
        ("stopped after ten points", table(E_V[:10], I_MA[:10])),
        ("overloaded throughout", table(i=np.full(400, 10.0))),
        ("binary", bytes(range(256)) * 20),
    ],
)
def test_one_line_says_what_is_wrong(name: str, data: bytes) -> None:
    record = reduce(data)
    assert not record.results, name
    (row,) = record.rejected
    assert row.file == "lsv/a.csv"
    assert row.field
    assert row.problem
    assert "\n" not in row.problem


def test_values_that_are_no_numbers_are_dropped_or_refused() -> None:
    record = reduce(table(i=broken(slice(100, 103), np.nan)))
    assert record.rejected or record.results[0].onsets[0].onset_v_vs_na is not None


def test_half_a_last_line_costs_that_line_alone() -> None:
    record = reduce(table()[:-9])
    assert record.results or record.rejected
    if record.results:
        assert record.results[0].onsets[0].verdict.level == "resolved"


def test_spikes_and_an_overload_are_masked_and_the_onset_stands() -> None:
    record = reduce(table(i=broken(slice(60, 62), 1.0)))
    (fit,) = record.results
    assert any(m.code == "spike" for m in fit.checked.masks)
    assert fit.onsets[0].onset_v_vs_na is not None
