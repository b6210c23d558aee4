"""A column's name tells role, sign and unit."""

from __future__ import annotations

import pytest

from pipeline.instruments.text.roles import read_name

NAMES = [
    ("freq/Hz", "frequency", "", 1),
    ("Frequency (kHz)", "frequency", "", 1e3),
    ("f / MHz", "frequency", "", 1e6),
    ("Freq. (mHz)", "frequency", "", 1e-3),
    ("f", "frequency", "", 1),
    ("Z1 /ohm", "re", "", 1),
    ("Z2 /ohm", "im", "", 1),
    ("log10(Frequency/Hz)", None, "", 1),
    ("log(i/A)", None, "", 1),
    ("Frequenz/Hz", "frequency", "", 1),
    ("Fréquence (kHz)", "frequency", "", 1e3),
    ("Impedanz/Ohm", "modulus", "", 1),
    ("absolute impedance [Ohm]", "modulus", "", 1),
    ("Impedance Magnitude (Ohms)", "modulus", "", 1),
    ("Impedance Phase Degrees (')", "phase", "", 1),
    ("Impedance Real (Ohms)", "re", "", 1),
    ("Impedance Imaginary (Ohms)", "im", "", 1),
    ("Spannung/V", "potential", "", 1),
    ("Strom/mA", "current", "", 1e-3),
    ("Courant (µA)", "current", "", 1e-6),
    ("Zeit/s", "time", "", 1),
    ("omega (rad/s)", "omega", "", 1),
    ("Z'", "re", "", 1),
    ("Z''", "im", "", 1),
    ('Z"/ohm', "im", "", 1),
    ("Zs''[ohm]", "im", "", 1),
    ("-Z'' (Ω)", "im", "-", 1),
    ("−Z″ / Ω", "im", "-", 1),
    ("Z' (mΩ)", "re", "", 1e-3),
    ("Re(Z)/kOhm", "re", "", 1e3),
    ("-Im(Z)/MOhm", "im", "-", 1e6),
    ("Im(-Z)", "im", "-", 1),
    ("Minus Zimag (ohms)", "im", "-", 1),
    ("Zreal", "re", "", 1),
    ("Zimg", "im", "", 1),
    ("Z_re (Ohm)", "re", "", 1),
    ("Z_imag", "im", "", 1),
    ("imaginary", "im", "", 1),
    ("Resistance (ohm)", "re", "", 1),
    ("Reactance (ohm)", "im", "", 1),
    ("Z'(a)", "re", "", 1),
    ("Z''(b)", "im", "", 1),
    ("|Z|/Ohm", "modulus", "", 1),
    ("Zmod (ohm)", "modulus", "", 1),
    ("Z (Ω)", "modulus", "", 1),
    ("-Phase (°)", "phase", "-", 1),
    ("Zphz", "phase", "", 1),
    ("Data: Theta (Z)", "phase", "", 1),
    ("time/s", "time", "", 1),
    ("Elapsed time (min)", "time", "", 60),
    ("T s", "time", "", 1),
    ("T/°C", "temperature", "", 1),
    ("Temperature (C)", "temperature", "", 1),
    ("Ewe/V", "potential", "", 1),
    ("E (mV)", "potential", "", 1e-3),
    ("WE(1).Potential (V)", "potential", "", 1),
    ("Vf V vs. Ref.", "potential", "", 1),
    ("<I>/mA", "current", "", 1e-3),
    ("I/µA", "current", "", 1e-6),
    ("I (nA)", "current", "", 1e-9),
    ("WE(1).Current (A)", "current", "", 1),
    ("Im A", "current", "", 1),
    ("loop_index", "loop", "", 1),
    ("cycle number", "loop", "", 1),
    ('Z"', "im", "", 1),
    ('"Z\'"', "re", "", 1),
    ("neg. Phase / °", "phase", "-", 1),
    ("Impedance/Ohm", "modulus", "", 1),
    ("realz", "re", "", 1),
    ("imagz", "im", "", 1),
    ("absz", "modulus", "", 1),
    ("FREQ[Hz]", "frequency", "", 1),
    ("Z[ohm]", "modulus", "", 1),
    ("R_s (ohm)", "re", "", 1),
    ("Temp. [°C]", "temperature", "", 1),
    ("Potential applied (V)", "potential", "", 1),
    ("IERange", None, "", 1),
    ("Pt", None, "", 1),
    ("Bias", None, "", 1),
    ("Zsig", None, "", 1),
]


@pytest.mark.parametrize(("name", "role", "sign", "factor"), NAMES, ids=[n[0] for n in NAMES])
def test_names(name, role, sign, factor):
    found = read_name(name)
    assert found.role == role
    assert found.negated is (sign == "-")
    assert found.factor == pytest.approx(factor)


@pytest.mark.parametrize(
    "name", ["Z' (Ohm cm2)", "Re(Z)/Ohm.cm", "-Z''/Ω·cm²", "I/mA cm-2", "current density (mA/cm²)", "j"]
)
def test_a_geometry_in_the_unit_is_seen(name):
    assert read_name(name).per_geometry


@pytest.mark.parametrize("name", ["Z' (Ohm)", "I/mA", "Re(Z)/Ohm", "Current (A)"])
def test_a_plain_unit_has_none(name):
    assert not read_name(name).per_geometry
