"""A circuit is read by its grammar; whatever is none is told with its place, and nothing of it is executed."""

from __future__ import annotations

import builtins

import pytest

from pipeline.techniques.impedance.circuits import Leaf, Parallel, Series, list_mistakes, read_circuit


def test_parts_parameters_and_units():
    tree = read_circuit("L0 - R0-p(R1,CPE1)-p(R2-Wo1, C2)")
    assert tree.text == "L0-R0-p(R1,CPE1)-p(R2-Wo1,C2)"
    assert tree.names == ("L0", "R0", "R1", "CPE1_0", "CPE1_1", "R2", "Wo1_0", "Wo1_1", "C2")
    assert tree.units[3:6] == ("Ohm^-1 sec^a", "", "Ohm")
    assert [name for name, bent in zip(tree.names, tree.exponents, strict=True) if bent] == ["CPE1_1"]
    assert tree.parts[:2] == (Leaf("L0", "L", 0), Leaf("R0", "R", 1))
    assert tree.parts[3] == Parallel((Series((Leaf("R2", "R", 5), Leaf("Wo1", "Wo", 6))), Leaf("C2", "C", 8)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "ends where an element"),
        ("R", "expected an element with its number, like R1 or CPE2, at 'R'"),
        ("R0-", "ends where an element"),
        ("R0--C1", "expected an element"),
        ("R0-p(R1)", "two parts or more"),
        ("R0-p(R1,C1", "ends where ',', '-' or ')'"),
        ("R0)p(", "expected '-', or the end at ')p('"),
        ("(R0-C1)", "expected an element"),
        ("p((R1,C1),R2)", "expected an element"),
        ("R0-R0", "R0 stands in it twice"),
        ("R0-CPx1", "did you mean CPE?"),
        ("R0-XYZ1", "known: R, C, L"),
        ("s([R1,C1])", "expected an element"),
        ("p(" * 20 + "R1", "more than 8 brackets"),
        ("R1" * 400, "longer than 300"),
        ("-".join(f"Zarc{i}" for i in range(11)), "33 parameters, more than 30"),
        ("R0-p(R1,C1)\n", "or the end"),
        ("R\u0661", "expected an element"),
        ("__import__('os').system('x')1", "expected an element"),
        ("eval1", "no element 'eval'"),
        ("np1", "no element 'np'"),
    ],
)
def test_what_is_no_circuit_is_told_and_never_run(text, problem, monkeypatch):
    def refuse(*_args, **_more):
        raise AssertionError("a circuit was executed")

    monkeypatch.setattr(builtins, "eval", refuse)
    monkeypatch.setattr(builtins, "exec", refuse)
    with pytest.raises(ValueError, match=r"\w") as told:
        read_circuit(text)
    assert problem in str(told.value)


def test_what_may_be_held():
    circuit = "R0-p(R1,CPE1)"
    assert list(list_mistakes(circuit, {"R0": 0.5, "CPE1_1": 1.0})) == []
    assert list(list_mistakes("", {})) == []
    assert list(list_mistakes(circuit, {"R0": 0.0})) == [("fixed", "R0 = 0: above 0 is needed")]
    assert list(list_mistakes(circuit, {"R0": float("nan")})) == [("fixed", "R0 = nan: above 0 is needed")]
    assert list(list_mistakes("R0", {"R0": 1.0})) == [("fixed", "holds every parameter: nothing is left to fit")]
