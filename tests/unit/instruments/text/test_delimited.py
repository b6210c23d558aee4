"""Text tables of impedance and of sweeps: delimiters, decimal signs, names, units, signs, several spectra."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.read.delimited import read_delimited_impedance
from pipeline.techniques.sweeps.read import read_delimited_sweep

F = np.geomspace(1e6, 10, 16)
Z = 100 + 1e4 / (1 + 2j * np.pi * F * 1e4 * 1e-9) + 1 / (2j * np.pi * F * 1e-6)


def text(head: str, *columns, delimiter=",", comma=False, end="\n") -> bytes:
    rows = [delimiter.join(f"{v:.9g}" for v in row) for row in zip(*columns, strict=True)]
    rows = [r.replace(".", ",") if comma else r for r in rows]
    return end.join([*([head] if head else []), *rows, ""]).encode()


def read(data: bytes, name="a.csv", **settings):
    return read_delimited_impedance(RawFile(name=name, data=data, size=len(data)), DelimitedSettings(**settings))


def assert_z(data: bytes, n=1, **settings):
    found = read(data, **settings)
    assert len(found) == n
    for spectrum in found:
        np.testing.assert_allclose(spectrum.frequency_hz, F, rtol=1e-7)
        np.testing.assert_allclose(spectrum.impedance_ohm, Z, rtol=1e-7)
    return found


def said(found) -> str:
    return "; ".join(map(str, found[0].findings))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " ", "   ", ", ", " ,"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters(delimiter, end):
    head = delimiter.join(("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"))
    assert_z(text(head, F, Z.real, -Z.imag, delimiter=delimiter, end=end))


@pytest.mark.parametrize("delimiter", [";", "\t", " "])
def test_a_decimal_comma_is_told_by_the_numbers(delimiter):
    head = delimiter.join(("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"))
    found = assert_z(text(head, F, Z.real, -Z.imag, delimiter=delimiter, comma=True))
    assert "decimal comma" in found[0].source.evidence


def test_quoted_fields_may_hold_the_delimiter():
    lines = ['"Frequency (Hz)","Z\' (Ohm)","-Z\'\' (Ohm)","note"']
    lines += [f'"{f:.9g}","{z.real:.9g}","{-z.imag:.9g}","a, b"' for f, z in zip(F, Z, strict=True)]
    assert_z("\n".join(lines).encode())


@pytest.mark.parametrize(
    ("head", "columns"),
    [
        ("f,Z',Z''", (F, Z.real, Z.imag)),
        ("f,Z',-Z''", (F, Z.real, -Z.imag)),
        ("f,-Z',-Z''", (F, -Z.real, -Z.imag)),
        ("Frequency (kHz),Zre (kohm),Zim (kohm)", (F / 1e3, Z.real / 1e3, Z.imag / 1e3)),
        ("omega (rad/s),Re(Z)/Ohm,Im(Z)/Ohm", (2 * np.pi * F, Z.real, Z.imag)),
        ("f/Hz,|Z|/Ohm,Phase/deg", (F, np.abs(Z), np.angle(Z, deg=True))),
        ("f/Hz,|Z|/Ohm,-Phase (°)", (F, np.abs(Z), -np.angle(Z, deg=True))),
        ("f/Hz,|Z|/Ohm,Theta (rad)", (F, np.abs(Z), np.angle(Z))),
        ("Pt,Time,Zimag,Zreal,Freq", (F * 0, F * 0 + 3, Z.imag, Z.real, F)),
    ],
)
def test_names_signs_and_units(head, columns):
    assert_z(text(head, *columns))


def test_a_line_of_units_below_the_names():
    head = "Freq\tZreal\tZimag\nkHz\tkohm\tkohm"
    assert_z(text(head, F / 1e3, Z.real / 1e3, Z.imag / 1e3, delimiter="\t"))


def test_names_far_above_blank_lines_and_comments():
    head = "# exported\n# by hand\n#Freq(Hz)  Z'(Ohm)  Z''(Ohm)\n#\n#"
    assert_z(text(head, F, Z.real, Z.imag, delimiter="  "))


def test_without_a_header_the_rule_is_stated():
    found = assert_z(text("", F, Z.real, Z.imag))
    assert "no header: columns taken as frequency/Hz, Re Z/ohm, Im Z/ohm" in said(found)
    assert "no header" in found[0].source.evidence


def test_the_study_names_the_columns():
    data = text("", Z.imag, F / 1e3, Z.real)
    assert_z(data, columns=("im", "frequency", "re"), frequency_unit="kHz")


def test_the_study_names_more_columns_than_there_are():
    with pytest.raises(ReadError, match="5 are named in the settings, the table has 3"):
        read(text("", F, Z.real, Z.imag), columns=("frequency", "re", "-", "-", "im"))


def test_a_positive_imaginary_column_without_a_minus_is_turned_and_said():
    assert "no minus sign and is taken as -Im Z by Kramers-Kronig" in said(
        assert_z(text("f,Z',Z''", F, Z.real, -Z.imag))
    )


def test_a_resistivity_needs_the_geometry():
    data = text("f/Hz,Re(Z)/Ohm.cm,Im(Z)/Ohm.cm", F, Z.real, Z.imag)
    with pytest.raises(ReadError, match="a geometry was multiplied in"):
        read(data)
    scaled = read(data, impedance_scale=0.07)[0]
    np.testing.assert_allclose(scaled.impedance_ohm, 0.07 * Z, rtol=1e-7)


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_ascending_and_descending(order):
    assert_z(text("f,Z',Z''", F[order], Z.real[order], Z.imag[order]))


def test_unsorted():
    order = np.random.default_rng(0).permutation(F.size)
    found = assert_z(text("f,Z',Z''", F[order], Z.real[order], Z.imag[order]))
    assert "unsorted" in said(found)


def test_several_spectra_below_each_other_by_frequency_by_loop_and_by_header():
    three = [np.tile(v, 3) for v in (F, Z.real, Z.imag)]
    assert [s.loop for s in assert_z(text("f,Z',Z''", *three), n=3)] == [1, 2, 3]
    assert_z(text("f,Z',Z'',loop", *three, np.repeat([0, 1, 2], 16)), n=3)
    assert_z(text("f,Z',Z''", F, Z.real, Z.imag) * 3, n=3)


def test_rows_at_0_hz_and_nan_are_left_out_and_counted():
    extra = [np.concatenate([[0.0, np.nan], v]) for v in (F, Z.real, Z.imag)]
    assert "2 row(s) at 0 Hz or without numbers" in said(assert_z(text("f,Z',Z''", *extra)))


def test_a_row_cut_short_is_left_out_and_said():
    whole = text("f,Z',Z''", np.append(F, 1.0), np.append(Z.real, 7.0), np.append(Z.imag, -8.0))
    assert "ends in the middle of a row (2 of 3 numbers)" in said(assert_z(whole[: whole.rindex(b",")]))


def test_a_number_cut_short_is_left_out_and_said_where_its_length_tells():
    rows = [f"{f:.8e}\t{z.real:.8e}\t{z.imag:.8e}" for f, z in zip(F, Z, strict=True)]
    cut = "\n".join(["f\tZ'\tZ''", *rows, "1.00000000e+00\t1.00000000e+00\t-1.000"]).encode()
    assert "ends in the middle of a number ('-1.000'" in said(assert_z(cut))


@pytest.mark.parametrize(
    ("last", "end", "left_out"),
    [
        ("-8.000000", "", False),
        ("8.000000", "", False),  # the sign alone is shorter
        ("-8.0000", "", True),
        ("8.0000", "", True),
        ("-8.0", "", True),
        ("-8.0", "\n", False),  # a line that ends is whole
    ],
)
def test_a_last_number_counts_where_it_is_no_more_than_a_sign_shorter(last, end, left_out):
    rows = [f"{10.0 ** (6 - i):.6e},{i + 1:.6f},-{i + 1:.6f}" for i in range(7)]
    (spectrum,) = read(("\n".join(["f,Z',Z''", *rows, f"{0.1:.6e},8.000000,{last}"]) + end).encode())
    n = 7 if left_out else 8
    np.testing.assert_allclose(spectrum.impedance_ohm.real, np.arange(1.0, n + 1))
    np.testing.assert_allclose(np.abs(spectrum.impedance_ohm.imag), np.arange(1.0, n + 1))
    assert ("ends in the middle of a number" in str(spectrum.findings)) is left_out


@pytest.mark.parametrize(("last", "n"), [("1.000000", 8), ("1.00", 7)])
def test_the_last_current_of_a_sweep_is_whole_or_left_out(last, n):
    rows = [f"{i / 10:.6f},{i / 10:.6f}" for i in range(7)]
    data = "\n".join(["Potential/V,Current/A", *rows, f"{0.7:.6f},{last}"]).encode()
    (sweep,) = read_delimited_sweep(RawFile(name="a.csv", data=data, size=len(data)), DelimitedSettings())
    np.testing.assert_allclose(sweep.current_a, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0][:n])


def test_a_temperature_column_is_kept():
    found = read(text("f/Hz,Z',Z'',T/°C", F, Z.real, Z.imag, np.full(16, -25.0)))[0]
    assert found.temperature_k == pytest.approx(248.15)
    assert found.temperature_origin == "external input"


@pytest.mark.parametrize(
    "columns",
    [
        (np.arange(9700.0, 9860.0, 10.0), Z.real, Z.imag),
        (np.arange(16.0), Z.real, Z.imag),
        (np.random.default_rng(0).uniform(1, 100, 16), Z.real, Z.imag),
        (F, np.zeros(16), Z.imag),
        (F, -np.abs(Z.real), Z.imag),
        (F[:4], Z.real[:4], Z.imag[:4]),
    ],
    ids=["energies", "count", "random", "zero", "negative", "four rows"],
)
def test_a_table_without_a_header_that_is_no_impedance_is_refused(columns):
    with pytest.raises(ReadError, match=r"no header, and|no row with a frequency"):
        read(text("", *columns))


def test_other_names_are_listed():
    with pytest.raises(ReadError, match="no frequency and impedance among: energy, i0, i1"):
        read(text("energy,i0,i1", F, F, F))


def sweep(data: bytes, **settings):
    return read_delimited_sweep(RawFile(name="a.csv", data=data, size=len(data)), DelimitedSettings(**settings))


E, I = np.linspace(1, 5, 9), np.linspace(0, 2e-6, 9)


@pytest.mark.parametrize(
    ("head", "factor"),
    [
        ("Potential/V, Current/A", 1),
        ("E (V),I (µA)", 1e6),
        ("Ewe/V,<I>/mA", 1e3),
        ("Vf,Im\nV vs. Ref.,A", 1),
        ("V,µA", 1e6),
    ],
)
def test_sweeps(head, factor):
    found = sweep(text(head, E, I * factor))[0]
    np.testing.assert_allclose(found.potential_v, E)
    np.testing.assert_allclose(found.current_a, I)


def test_the_curves_of_a_gamry_file_are_sweeps_and_its_rest_is_none():
    rest = [
        "OCVCURVE\tTABLE",
        "\tPt\tT\tVf\tVm",
        "\t#\ts\tV vs. Ref.\tV",
        *(f"\t{i}\t{i}\t0.1\t0.1" for i in range(20)),
    ]
    curve = [f"\t{i}\t{i * 0.5}\t{e:.6g}\t{c:.6g}\t0" for i, (e, c) in enumerate(zip(E, I, strict=True))]
    names = ["\tPt\tT\tVf\tIm\tVu", "\t#\ts\tV vs. Ref.\tA\tV"]
    lines = ["EXPLAIN", "TAG\tCV", *rest, "CURVE1\tTABLE", *names, *curve, "CURVE2\tTABLE", *names, *curve]
    found = sweep("\r\n".join(lines).encode())
    assert len(found) == 2
    for one in found:
        np.testing.assert_allclose(one.potential_v, E)
        np.testing.assert_allclose(one.current_a, I, rtol=1e-5)
        np.testing.assert_allclose(one.time_s, np.arange(9) * 0.5)


def test_a_gamry_sweep_keeps_its_units_where_columns_have_none():
    over = [
        f"\t{i}\t{i * 0.5}\t{e:.6g}\t{c:.6g}\t0\t7\t.....a\t-273.15" for i, (e, c) in enumerate(zip(E, I, strict=True))
    ]
    names = ["\tPt\tT\tVf\tIm\tVu\tIERange\tOver\tTemp", "\t#\ts\tV vs. Ref.\tmA\tV\t#\tbits\tdeg C"]
    for head in (names, [n.replace("\tTemp", "").replace("\tdeg C", "") for n in names]):
        rows = over if "Temp" in head[0] else [r.rsplit("\t", 1)[0] for r in over]
        found = sweep("\n".join(["EXPLAIN", "TAG\tLSV", "CURVE\tTABLE\t9", *head, *rows]).encode())
        assert len(found) == 1
        np.testing.assert_allclose(found[0].potential_v, E)
        np.testing.assert_allclose(found[0].current_a, I * 1e-3, rtol=1e-5)
        np.testing.assert_allclose(found[0].time_s, np.arange(9) * 0.5)
        assert not found[0].findings


def test_a_german_bode_table_is_in_degrees():
    degrees = np.angle(Z, deg=True)
    found = assert_z(text("Frequenz/Hz;Impedanz/Ohm;Phase/Grad", F, abs(Z), degrees, delimiter=";", comma=True))
    assert "radian" not in said(found)


def test_a_point_measured_twice_at_the_turn_belongs_to_both_sweeps():
    f = np.concatenate([F[::-1], F])
    z = np.concatenate([Z[::-1], Z])
    assert_z(text("Frequency/Hz\tImpedance/Ohm\tPhase/deg", f, abs(z), np.angle(z, deg=True), delimiter="\t"), 2)


def test_z1_and_z2_with_units_after_blanks():
    assert_z(text("  Z1 /ohm   Z2 /ohm   freq. /Hz", Z.real, Z.imag, F, delimiter="   "))
    assert_z(text("Freq\tZ1\tZ2\nkHz\tkOhm\tkOhm", F / 1e3, Z.real / 1e3, Z.imag / 1e3, delimiter="\t"))


def test_numbers_in_quotes_with_a_decimal_comma_or_with_thousands():
    head = '"Frequency (Hz)","Re(Z) (Ohm)","-Im(Z) (Ohm)"\n'
    for form in (lambda v: f"{v:.9f}".replace(".", ","), lambda v: f"{v:,.9f}"):
        rows = [",".join(f'"{form(v)}"' for v in row) for row in zip(F, Z.real, -Z.imag, strict=True)]
        assert_z((head + "\n".join(rows) + "\n").encode())


def test_logarithms_are_no_frequencies():
    with pytest.raises(ReadError, match="no frequency and impedance among: log10"):
        read(
            text("log10(Frequency/Hz),log10(|Z|/Ohm),Phase (deg)", np.log10(F), np.log10(abs(Z)), np.angle(Z, deg=True))
        )


def test_curves_side_by_side_are_said_to_be_left_out():
    title = "Linear Sweep Voltammetry,,Linear Sweep Voltammetry [2],\nV,µA,V,µA"
    found = sweep(text(title, E, I * 1e6, E, I))
    np.testing.assert_allclose(found[0].current_a, I)
    assert "2 curves side by side" in str(found[0].findings[0])
    names = "f (Hz),Z' (Ohm),Z'' (Ohm)"
    assert "side by side" in said(assert_z(text(f"{names},{names}", F, Z.real, Z.imag, F, Z.real, Z.imag)))


def test_blocks_and_cycles_of_a_sweep():
    assert len(sweep(text("E/V,I/A", E, I) * 2)) == 2
    assert len(sweep(text("E/V,I/A,cycle", np.tile(E, 3), np.tile(I, 3), np.repeat([1, 2, 3], 9)))) == 3


def test_a_current_density_and_a_missing_current_are_refused():
    with pytest.raises(ReadError, match="is a current density"):
        sweep(text("E/V,j (mA/cm2)", E, I))
    with pytest.raises(ReadError, match="current: no such column among: E/V, time/s"):
        sweep(text("E/V,time/s", E, I))


def test_a_current_without_a_unit_is_said():
    assert "has no unit: taken as A" in str(sweep(text("E,I", E, I))[0].findings[0])
