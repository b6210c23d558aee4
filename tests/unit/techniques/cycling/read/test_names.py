"""Names and states of every maker."""

from __future__ import annotations

import pytest

from pipeline.techniques.cycling.read.names import good_for, is_header, is_tester, read_name
from pipeline.techniques.cycling.read.states import read_state


@pytest.mark.parametrize(
    ("name", "role", "factor"),
    [
        ("TestTime/Sec.", "time", 1.0),
        ("TestTime/h", "time", 3600.0),
        ("Test_Time(s)", "time", 1.0),
        ("Total Time (Hours in hh:mm:ss.xxx)", "time", 1.0),
        ("测试时间", "time", 1.0),
        ("Relative Time(h:min:s.ms)", "step_time", 1.0),
        ("Step Time (Seconds)", "step_time", 1.0),
        ("StepTime/Sec.", "step_time", 1.0),
        ("Voltage/V", "voltage", 1.0),
        ("电压/V", "voltage", 1.0),
        ("Volts", "voltage", 1.0),
        ("Voltage(mV)", "voltage", 1e-3),
        ("Current/uA", "current", 1e-6),
        ("Current/µA", "current", 1e-6),
        ("Cur(mA)", "current", 1e-3),
        ("电流/mA", "current", 1e-3),
        ("mAmps", "current", 1e-3),
        ("Capacity/mAh", "capacity", 1.0),
        ("CapaCity(mAh)", "capacity", 1.0),
        ("Capacity(Ah)", "capacity", 1e3),
        ("mAmp-hr", "capacity", 1.0),
        ("Charge_Capacity(Ah)", "charge_capacity", 1e3),
        ("Discharge Capacity (mAh)", "discharge_capacity", 1.0),
        ("充电容量/mAh", "charge_capacity", 1.0),
        ("Cycle-Index", "cycle", 1.0),
        ("Cyc#", "cycle", 1.0),
        ("Step_Index", "step", 1.0),
        ("工步状态", "state", 1.0),
        ("StepStatus", "state", 1.0),
        ("SysTime", "date", 1.0),
        ("DPt Time", "date", 1.0),
    ],
)  # fmt: skip
def test_names(name: str, role: str, factor: float) -> None:
    found = read_name(name)
    assert found is not None
    assert (found.role, found.factor) == (role, pytest.approx(factor))


@pytest.mark.parametrize(
    "name",
    ["SCapacity/mAh/g", "SpeCap_cal/mAh/g", "dQ/dV/mAh/V", "dQdV/uAh/V", "End Voltage(V)", "Capacity of charge(mAh)", "Energy/mWh",
     "Chg. Time", "I", "t", "Record", "Station Temperature (°C)", "dV/dt(V/s)"],
)  # fmt: skip
def test_names_that_are_something_else(name: str) -> None:
    assert good_for(name) in ("", "temperature")


def test_what_a_header_needs() -> None:
    assert is_header(frozenset(("voltage", "current", "time")))
    assert not is_tester(frozenset(("voltage", "current", "time", "cycle")))
    assert is_tester(frozenset(("voltage", "current", "time", "step")))
    assert not is_header(frozenset(("voltage", "current", "time", "foreign")))
    assert good_for("freq/Hz") == "foreign"


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("R", (None, "rest")), ("Rest", (None, "rest")), ("静置", (None, "rest")), ("Idle", (None, "rest")),
        ("CCC", ("charge", "cc")), ("CCD", ("discharge", "cc")), ("C_CC", ("charge", "cc")), ("D_CC", ("discharge", "cc")),
        ("CCCV_C", ("charge", "cccv")), ("CCVC_C", ("charge", "cccv")), ("CCCV_D", ("discharge", "cccv")),
        ("C_CV", ("charge", "cv")), ("RateC", ("charge", "cc")), ("RateD", ("discharge", "cc")),
        ("CC_Chg", ("charge", "cc")), ("CC DChg", ("discharge", "cc")), ("CCCV_DChg", ("discharge", "cccv")),
        ("CV_Chg", ("charge", "cv")), ("恒流充电", ("charge", "cc")), ("恒流放电", ("discharge", "cc")),
        ("恒流恒压充电", ("charge", "cccv")), ("恒压充电", ("charge", "cv")),
        ("C", ("charge", "unknown")), ("D", ("discharge", "unknown")),
        ("Charge", ("charge", "unknown")), ("Discharge", ("discharge", "unknown")), ("Pulse", (None, "pulse")),
        ("Whatever", None),
    ],
)  # fmt: skip
def test_states(word: str, meaning: object) -> None:
    assert read_state(word) == meaning
