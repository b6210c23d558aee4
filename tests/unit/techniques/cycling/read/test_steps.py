"""What a file does not say is told by its numbers, with a finding."""

from __future__ import annotations

import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.techniques.cycling.model import CyclingStep
from pipeline.techniques.cycling.read.files import read_cycling
from tests.synthetic_cycling import paper_cell, record, text

ROWS = record(paper_cell(2))


def read(data: str, **columns: str) -> tuple[CyclingStep, ...]:
    encoded = data.encode()
    return read_cycling(RawFile(name="a.csv", data=encoded, size=len(encoded)), columns)


def test_plain_columns_are_cut_where_the_current_turns() -> None:
    steps = read(text(["Time/s", "Voltage/V", "Current/mA"], [ROWS.time_s, ROWS.volts, ROWS.ma], ","))
    assert [s.direction for s in steps] == [None, "charge", None, "discharge", None, "charge", None, "discharge", None]


def test_sizes_alone_are_signed_by_the_potential_with_a_warning() -> None:
    size = [abs(i) for i in ROWS.ma]
    steps = read(text(["Time/s", "Voltage/V", "Current/mA", "Step"], [ROWS.time_s, ROWS.volts, size, ROWS.step], ","))
    assert [s.direction for s in steps][:4] == [None, "charge", None, "discharge"]
    assert steps[3].current_a is not None
    assert steps[3].current_a.max() < 0
    assert any("no current is negative" in f.problem for f in steps[0].findings)


def test_the_study_names_columns() -> None:
    data = text(["Zeit (s)", "Spannung (V)", "Strom (mA)"], [ROWS.time_s, ROWS.volts, ROWS.ma], ";")
    with pytest.raises(ReadError, match="no line names"):
        read(data)
    steps = read(data, time="Zeit (s)", voltage="Spannung (V)", current="Strom (mA)")
    assert len(steps) == 9


def test_a_current_without_a_unit_is_refused() -> None:
    with pytest.raises(ReadError, match="Current: has no unit"):
        read(text(["Time/s", "Voltage/V", "Current", "Step"], [ROWS.time_s, ROWS.volts, ROWS.ma, ROWS.step], ","))


def test_unknown_states_are_told_by_the_current() -> None:
    names = {"R": "foo", "C_CC": "bar", "D_CC": "baz"}
    state = [names[s] for s in ROWS.state]
    steps = read(text(["Time/s", "Voltage/V", "Current/mA", "State"], [ROWS.time_s, ROWS.volts, ROWS.ma, state], ","))
    assert [s.direction for s in steps][:4] == [None, "charge", None, "discharge"]
    assert any("'foo', 'bar', 'baz'" in f.problem for f in steps[0].findings)


def test_a_time_that_starts_again_with_every_step_is_the_steps_own() -> None:
    steps = read(
        text(["Time/s", "Voltage/V", "Current/mA", "Step"], [ROWS.step_s, ROWS.volts, ROWS.ma, ROWS.step], ",")
    )
    assert [s.start_s for s in steps][:3] == pytest.approx([0, 600, 600 + 36_800])
    assert steps[1].time_s[-1] - steps[1].time_s[0] == pytest.approx(36_800)


def test_millivolts_under_the_name_of_volts_are_said() -> None:
    mv = [v * 1e3 for v in ROWS.volts]
    steps = read(text(["Time/s", "Volts", "mAmps", "Step"], [ROWS.time_s, mv, ROWS.ma, ROWS.step], ","))
    assert 2 < steps[1].voltage_v.mean() < 4.2
    assert any("taken as mV" in f.problem for f in steps[0].findings)
