"""EC-Lab tables become spectra and sweeps: loops, cycles, rows at 0 Hz, external inputs, currents."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.mpt import EclabTable
from pipeline.techniques.impedance.read.eclab import to_spectra
from pipeline.techniques.sweeps.read import current_a, to_sweeps

F = np.geomspace(1e6, 1, 13)
RAW = RawFile(name="a.mpt", data=b"", size=0)


def table(technique="PEIS", loops=(), header=None, **columns) -> EclabTable:
    named = {k.replace("__", "/"): np.asarray(v, dtype=float) for k, v in columns.items()}
    n = next(iter(named.values())).size
    return EclabTable(technique=technique, columns=named, loops=loops, header=header or {}, n_rows=n)


def impedance(f=F, re=None, im=None, **extra) -> EclabTable:
    columns = {
        "freq/Hz": f,
        "Re(Z)/Ohm": np.arange(f.size) + 1.0 if re is None else re,
        "-Im(Z)/Ohm": np.arange(f.size) + 2.0 if im is None else im,
        **extra,
    }
    return table(**columns)


def spectra(*tables, form="EC-Lab mpt"):
    return to_spectra(RAW, form, tables)


def test_z_is_re_minus_i_times_the_column_and_frequencies_fall():
    found = spectra(impedance(f=F[::-1]))
    assert len(found) == 1
    np.testing.assert_array_equal(found[0].frequency_hz, F)
    np.testing.assert_array_equal(found[0].impedance_ohm, (np.arange(13) + 1.0 - 1j * (np.arange(13) + 2.0))[::-1])


def test_modulus_and_phase_where_re_and_im_are_missing():
    found = spectra(table(**{"freq/Hz": F, "|Z|/Ohm": np.full(13, 2.0), "Phase(Z)/deg": np.full(13, -60.0)}))
    np.testing.assert_allclose(found[0].impedance_ohm, np.full(13, 1 - 1j * np.sqrt(3)))


def test_rows_at_0_hz_are_left_out_and_counted():
    found = spectra(impedance(f=np.concatenate([[0.0, 0.0], F, [0.0]])))
    np.testing.assert_array_equal(found[0].frequency_hz, F)
    assert found[0].impedance_ohm[0] == 3 - 4j
    assert "3 row(s) at 0 Hz" in str(found[0].findings[0])


def test_nan_and_inf_are_left_out_and_counted():
    re = np.arange(13.0)
    re[[2, 5]] = np.nan, np.inf
    found = spectra(impedance(re=re))
    assert found[0].frequency_hz.size == 11
    assert "2 row(s) with NaN or Inf" in str(found[0].findings[0])


@pytest.mark.parametrize("column", ["cycle number", "z cycle", "Ns"])
def test_cycles_and_steps_are_spectra_of_their_own(column):
    found = spectra(impedance(f=np.tile(F, 3), **{column: np.repeat([0, 1, 2], 13)}))
    assert [s.loop for s in found] == [1, 2, 3]
    assert all(np.array_equal(s.frequency_hz, F) for s in found)


def test_loops_of_the_header_cut_where_nothing_else_does():
    one = impedance()
    cut = EclabTable(technique="PEIS", columns=one.columns, loops=((0, 5), (6, 12)), n_rows=13)
    assert [s.frequency_hz.size for s in spectra(cut)] == [6, 7]


def test_spectra_whose_cycle_number_stays_1_are_cut_where_the_frequency_starts_again():
    assert [s.frequency_hz.size for s in spectra(impedance(f=np.tile(F, 4)))] == [13] * 4


def test_up_and_down_are_two_spectra():
    found = spectra(impedance(f=np.concatenate([F, F[-2::-1]])))
    assert [s.frequency_hz.size for s in found] == [13, 12]


def test_a_temperature_of_an_external_device_is_kept_for_each_spectrum():
    warm = np.repeat([20.0, 30.0], 13)
    found = spectra(impedance(f=np.tile(F, 2), **{"Temperature/°C": warm, "Force/N": np.full(26, 150.0)}))
    assert [s.temperature_k for s in found] == pytest.approx([293.15, 303.15])
    assert found[0].temperature_origin == "external input"
    assert found[0].source.header["Force/N"] == "150 (mean)"


@pytest.mark.parametrize(
    ("name", "value", "kelvin"),
    [("Temperatur/°C", -25, 248.15), ("T/K", 300, 300.0), ("Temperature/°C", 5e4, None), ("Temp/V", 25, None)],
)
def test_which_columns_are_a_temperature(name, value, kelvin):
    found = spectra(impedance(**{name: np.full(13, float(value))}))[0]
    assert found.temperature_k == (None if kelvin is None else pytest.approx(kelvin))


def test_an_analog_input_beyond_its_volts_is_called_mislabelled():
    found = spectra(impedance(**{"Analog IN 1/V": np.full(13, 152.7)}))[0]
    assert "reaches 152.7, more than the 10 V of an analog input" in str(found.findings[0])


def test_quality_columns_follow_the_order_of_the_frequencies():
    found = spectra(impedance(f=F[::-1], **{"THD Ewe/%": np.arange(13.0)}))[0]
    assert found.quality["THD Ewe/%"] == tuple(np.arange(13.0)[::-1])


def test_a_modulus_that_contradicts_is_a_warning_in_text_and_a_refusal_in_a_binary_file():
    wrong = impedance(**{"|Z|/Ohm": np.full(13, 1e3)})
    assert "does not agree with Re(Z) and -Im(Z) in 13 of 13 rows" in str(spectra(wrong)[0].findings[0])
    with pytest.raises(ReadError, match="does not agree"):
        spectra(wrong, form="EC-Lab mpr")


@pytest.mark.parametrize(("off", "told"), [(0.0005, 0), (0.002, 4), (0.05, 4), (-0.05, 4)])
def test_a_modulus_may_be_rounded_but_not_wrong(off, told):
    """Re and -Im of 3 and 4 ohm: 5 ohm, to one part in a thousand; four rows are off."""
    modulus = 5.0 * (1 + off * (np.arange(13) < 4))
    found = spectra(impedance(re=np.full(13, 3.0), im=np.full(13, 4.0), **{"|Z|/Ohm": modulus}))[0]
    problems = [f.problem for f in found.findings if f.field == "|Z|/Ohm"]
    assert [f"in {told} of 13 rows" in p for p in problems] == ([True] if told else [])


def test_other_techniques_beside_the_impedance_are_named():
    ocv = table(technique="OCV", **{"time/s": np.arange(3.0), "Ewe/V": np.ones(3)})
    found = spectra(ocv, impedance())
    assert len(found) == 1
    assert "not read here: OCV" in str(found[0].findings[-1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (table(technique="PEIS", **{"Re(Z)/Ohm": F}), "freq/Hz, -Im.* not in the file \\(PEIS\\) \\(export again"),
        (table(technique="LSV", **{"Ewe/V": F}), "give it as lsv"),
        (impedance(f=np.zeros(4)), "no data points with a frequency"),
    ],
)
def test_what_cannot_give_impedance_says_why(wrong, message):
    with pytest.raises(ReadError, match=message):
        spectra(wrong)


def sweep_table(technique="LSV", **extra) -> EclabTable:
    columns = {"time/s": np.arange(6.0), "Ewe/V": np.linspace(1, 2, 6), "<I>/mA": np.linspace(0, 1, 6)}
    return table(technique=technique, **{**columns, **extra})


def test_a_sweep_in_si_with_its_flags():
    header = {"dE/dt": "0.1", "dE/dt unit": "mV/s", "Electrode surface area": "0.785 cm²"}
    one = sweep_table(header=header, mode=np.array([3, 3, 2, 2, 2, 2]), **{"control/V": np.linspace(1, 2, 6)})
    found = to_sweeps(RAW, "EC-Lab mpt", (one,))[0]
    np.testing.assert_allclose(found.current_a, np.linspace(0, 1e-3, 6))
    assert found.flags["mode"] == (3, 3, 2, 2, 2, 2)
    assert found.nominal_rate_v_per_s == pytest.approx(1e-4)
    assert found.area_m2 == pytest.approx(0.785e-4)
    assert found.control_v is not None


def test_cycles_of_a_cv_are_sweeps():
    found = to_sweeps(RAW, "EC-Lab mpt", (sweep_table("CV", **{"cycle number": np.array([1, 1, 1, 2, 2, 2])}),))
    assert [(s.loop, s.potential_v.size) for s in found] == [(1, 3), (2, 3)]


@pytest.mark.parametrize(
    ("name", "factor"), [("I/A", 1), ("I/mA", 1e-3), ("<I>/µA", 1e-6), ("I/uA", 1e-6), ("I/nA", 1e-9)]
)
def test_units_of_the_current(name, factor):
    np.testing.assert_allclose(current_a({name: np.array([2.0])}), [2.0 * factor])


def test_without_a_technique_it_is_a_sweep_only_because_it_was_asked_for():
    found = to_sweeps(RAW, "EC-Lab mpt", (sweep_table(""),))[0]
    assert "not named in the file" in str(found.findings[0])


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (sweep_table("OCV"), "technique: not a potential sweep \\(OCV\\)"),
        (table(technique="LSV", **{"time/s": F, "<I>/mA": F}), "Ewe/V: not a potential sweep"),
        (table(technique="LSV", **{"time/s": F, "Ewe/V": F}), "I/mA: not a potential sweep"),
        (impedance(), "give it as eis"),
        (sweep_table("LSV", **{"Ewe/V": np.full(6, np.nan)}), "fewer than two data points"),
    ],
)
def test_what_is_no_sweep_says_why(one, message):
    with pytest.raises(ReadError, match=message):
        to_sweeps(RAW, "EC-Lab mpt", (one,))
