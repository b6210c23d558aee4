"""Three layers of one text -> rows with their step in front."""

from __future__ import annotations

from pipeline.instruments.neware.layered import flatten_layers, is_layered

TEXT = """Cycle Index,Cap.(Ah)
,Step Index,Step Number,Step Type,Step Time
,,DataPoint,Time,Voltage(V)
1,0.5,1,1,Rest,00:00:20
,,1,00:00:00,3.0
,2,2,CC Chg,00:01:00
,,2,00:00:00,3.1
,,3,00:01:00,3.2
2,0.4,2,3,CC DChg,00:01:00
,,4,00:00:00,3.0"""


def test_steps_stand_beside_their_records() -> None:
    rows = [line.split(",") for line in TEXT.split("\n")]
    assert is_layered(rows[:4])
    head, *records = flatten_layers(rows)
    assert list(head) == ["Cycle Index", "Step Number", "Step Type", "DataPoint", "Step Time", "Voltage(V)"]
    assert [r[:4] for r in records] == [
        ["1", "1", "Rest", "1"],
        ["1", "2", "CC Chg", "2"],
        ["1", "2", "CC Chg", "3"],
        ["2", "3", "CC DChg", "4"],
    ]


def test_a_plain_table_has_no_layers() -> None:
    assert not is_layered([["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]])
