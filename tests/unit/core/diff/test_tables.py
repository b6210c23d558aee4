"""Two tables: rows find each other, and each column tells what differs."""

from __future__ import annotations

import math

import pytest

from pipeline.core.diff.tables import compare_facts, compare_tables, identity_columns, parse_csv

ARCS = """\
sample,file,loop,arc,verdict,resistance_ohm,resistance_ohm_sigma,simulated
S1,a.mpt,1,1,resolved,100.0,3.0,true
S1,a.mpt,1,2,resolved,200.0,3.0,true
S2,b.mpt,1,1,weak,,,true
S2,b.mpt,2,1,weak,400.0,5.0,true
"""
FACTS = """\
sample,technique,quantity,conditions,value,sigma,low95,high95,unit,verdict,verdict_code,source
S1,eis,activation_energy,total,0.340,0.003,0.334,0.346,eV,resolved,ok,a.mpt
S1,eis,conductivity,25 °C,0.002,0.0001,0.0018,0.0022,S/cm,resolved,ok,a.mpt
S2,lsv,window,j_1,2.5,0.01,2.48,2.52,V,weak,noise,b.mpt
"""


def table(before, after, rtol=1e-9):
    both = parse_csv(before.encode()), parse_csv(after.encode())
    return compare_tables("t.csv", both, rtol, identity_columns(*both))


def facts(before, after):
    return compare_facts(parse_csv(before.encode()), parse_csv(after.encode()), 1e-9)[1]


def test_a_number_beside_its_sigma():
    change = table(ARCS, ARCS.replace("100.0,3.0", "110.0,4.0"))
    (x,), (sigma,) = change.columns["resistance_ohm"], change.columns["resistance_ohm_sigma"]
    assert (x.row, x.before, x.after) == ("S1, 1, 1", "100.0", "110.0")
    assert x.sigmas == pytest.approx(2.0)  # (110 - 100) / hypot(3, 4)
    assert x.relative == pytest.approx(10 / 110)
    assert (sigma.sigmas, sigma.relative) == (None, pytest.approx(0.25))
    assert not change.apart


def test_within_rtol_empty_and_nan_are_the_same():
    assert table(ARCS, ARCS.replace("100.0", "100.00000000001")) is None
    assert table(ARCS, ARCS.replace("weak,,", "weak,nan,")) is None
    assert table(ARCS, ARCS.replace("100.0", "100.1"), rtol=1e-2) is None


def test_a_value_that_went():
    (x,) = table(ARCS, ARCS.replace("100.0,3.0", ",")).columns["resistance_ohm"]
    assert (x.before, x.after, x.relative, x.sigmas) == ("100.0", "", math.inf, None)


def test_a_row_gone_leaves_the_others_matched():
    change = table(ARCS, ARCS.replace("S1,a.mpt,1,1,resolved,100.0,3.0,true\n", ""))
    assert change.apart == {"rows gone": ["S1, 1, 1"]}
    assert (change.n_rows, change.columns) == ((4, 3), {})
    assert change.size == math.inf


def test_a_column_added_and_one_gone():
    more = "\n".join(x + (",new" if i == 0 else ",1") for i, x in enumerate(ARCS.splitlines()))
    assert table(ARCS, more).apart == {"columns new": ["new"]}
    assert table(more, ARCS).apart == {"columns gone": ["new"]}
    assert table("a\n1\n", "b\n1\n").apart == {"columns gone": ["a"], "columns new": ["b"]}


def test_a_table_that_has_its_first_rows():
    assert table(ARCS.splitlines()[0], ARCS).apart == {"rows new": ["row 1", "row 2", "row 3", "row 4"]}


def test_a_verdict_is_no_identity():
    change = table(ARCS, ARCS.replace("a.mpt,1,1,resolved", "a.mpt,1,1,weak"))
    (verdict,) = change.columns["verdict"]
    assert (verdict.before, verdict.after, verdict.row) == ("resolved", "weak", "S1, 1, 1")
    assert not change.apart


def test_identity_is_the_shortest_that_tells_rows_apart():
    arcs = parse_csv(ARCS.encode())
    assert identity_columns(arcs, arcs) == ("sample", "loop", "arc")
    numbers = parse_csv(b"x,y\n0.5,1\n1.5,1\n")
    assert identity_columns(numbers, numbers) == ("x",)


def test_rows_that_are_alike_match_where_they_are_the_same():
    before = "subject,field,problem\nS1,E0,first\nS1,E0,second\nS1,E0,third\n"
    change = table(before, before.replace("S1,E0,first\n", ""))
    assert (change.apart, change.columns) == ({"rows gone": ["S1"]}, {})


def test_order_of_rows_is_no_difference():
    header, *rows = ARCS.splitlines()
    assert table(ARCS, "\n".join([header, *reversed(rows)])) is None


def test_a_fact_in_sigma():
    (change,) = facts(FACTS, FACTS.replace("0.340,0.003", "0.350,0.004"))
    assert change.sigmas == pytest.approx(2.0)  # 0.01 eV / hypot(0.003, 0.004)
    assert change.columns == ("value", "sigma")


def test_facts_that_came_went_and_changed_verdict():
    after = FACTS.replace("S1,eis,activation_energy,total", "S1,eis,activation_energy,bulk").replace(
        "V,weak", "V,resolved"
    )
    gone, new, verdict = facts(FACTS, after.replace("0.002,", "0.003,"))[:3]
    assert (gone.before["conditions"], gone.after) == ("total", {})
    assert (new.before, new.after["conditions"]) == ({}, "bulk")
    assert (verdict.columns, verdict.sigmas) == (("verdict",), 0)  # before the one of 10 sigma


def test_facts_within_rtol_are_silent_and_a_new_unit_has_no_sigma():
    assert facts(FACTS, FACTS.replace("0.340", "0.34000000000001")) == []
    (change,) = facts(FACTS, FACTS.replace("0.340,0.003,0.334,0.346,eV", "340,3,334,346,meV"))
    assert change.sigmas is None
