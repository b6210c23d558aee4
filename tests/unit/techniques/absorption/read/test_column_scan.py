"""Columns in every shape that a beamline or a spreadsheet gives them: the same formula comes out."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.beamline.columns import read_columns
from pipeline.instruments.beamline.energy import bragg_energy
from pipeline.science.edge_position import guess_edge, steepest_rise
from pipeline.science.edges import edge_energy, parse_edge
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.recognise import recognise_absorption
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

E0 = 9881.0
ENERGY = np.round(
    np.concatenate([np.arange(9700, 9860, 10), np.arange(9860, 9920, 0.5), np.arange(9920, 10600, 3.0)]), 3
)
MU = np.round(0.4 - 2e-5 * (ENERGY - E0) + 1.2 * (0.5 + np.arctan((ENERGY - E0) / 1.5) / np.pi), 9)


def read(text: str | bytes, name: str = "scan.dat", mode: str | None = None, **settings) -> AbsorptionScan:
    data = text if isinstance(text, bytes) else text.encode()
    scans = read_scans(RawFile(name=name, data=data, size=len(data)), XasReadSettings(**settings), mode=mode)
    assert len(scans) == 1
    return scans[0]


def table(*columns, head: str = "# energy mu", sep: str = " ", end: str = "\n", digits: int = 9) -> str:
    rows = [sep.join(f"{v:.{digits}f}" for v in row) for row in zip(*columns, strict=True)]
    return end.join([head, *rows, ""])


def said(scan: AbsorptionScan) -> str:
    return "; ".join(map(str, scan.findings))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sep", [" ", "\t", ",", ";", ", "])
def test_separators_and_line_ends(sep, end):
    scan = read(table(ENERGY, MU, head=sep.join(["energy", "mu"]), sep=sep, end=end))
    np.testing.assert_allclose(scan.energy_ev, ENERGY)
    np.testing.assert_allclose(scan.mu, MU)
    assert (scan.element, scan.edge) == ("Ta", "L3")


def test_decimal_commas_are_told_from_separating_commas():
    german = table(ENERGY, MU, head="energy;mu", sep=";").replace(".", ",")
    np.testing.assert_allclose(read(german).mu, MU)
    tabbed = table(ENERGY, MU, head="energy\tmu", sep="\t").replace(".", ",")
    np.testing.assert_allclose(read(tabbed).energy_ev, ENERGY)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding):
    text = table(ENERGY, MU, head="# µ of Müller's sample\n# energy mu")
    np.testing.assert_allclose(read(text.encode(encoding), name="Gläser/Здравствуйте 玻璃.060").mu, MU)


def test_kev_descending_and_fortran_numbers():
    scan = read(table(ENERGY[::-1] / 1e3, MU[::-1], digits=12))
    np.testing.assert_allclose(scan.energy_ev, ENERGY)
    np.testing.assert_allclose(scan.mu, MU)
    assert "taken for keV" in said(scan)
    assert "scanned downwards" in said(scan)
    rows = [f"  .{round(e * 1000):08d}D+05 {m:.9E}" for e, m in zip(ENERGY, MU, strict=True)]
    np.testing.assert_allclose(read("\n".join(["# energy xmu", *rows])).energy_ev, ENERGY, rtol=1e-7)


@pytest.mark.parametrize(
    ("last", "end", "left_out"),
    [
        ("0.5000", "", False),
        ("0.500", "", True),
        ("0.", "", True),
        ("0", "", True),
        ("0.500", "\n", False),  # a line that ends is whole
    ],
)
def test_a_last_number_with_fewer_decimals_than_all_before_it_is_left_out(last, end, left_out):
    rows = [f"{9000 + i:.2f} {i / 10:.4f}" for i in range(12)]
    data = ("\n".join(["# energy mu", *rows, f"9012.00 {last}"]) + end).encode()
    found = read_columns(RawFile(name="a.dat", data=data, size=len(data)))
    expected = [*np.arange(12) / 10, float(last)][: 12 if left_out else 13]
    np.testing.assert_allclose(found.data[:, 1], expected)
    assert ("ends in the middle of a number" in str(found.findings)) is left_out


def test_energies_that_step_back_or_repeat_are_counted_and_kept():
    e, m = ENERGY.copy(), MU.copy()
    e[[50, 51]], m[[50, 51]] = e[[51, 50]], m[[51, 50]]
    e[80] = e[79]
    scan = read(table(e, m))
    assert scan.energy_ev.size == ENERGY.size
    assert np.all(np.diff(scan.energy_ev) >= 0)
    assert "1 steps back" in said(scan)
    assert "1 energies are repeated" in said(scan)


def test_transmission_fluorescence_and_reference():
    i0 = np.round(1e5 * (1 + 0.1 * np.sin(ENERGY / 90)), 3)
    i1 = i0 * np.exp(-MU)
    ref = 0.2 + 0.5 * (0.5 + np.arctan((ENERGY - 11919) / 2) / np.pi)
    i2 = i1 * np.exp(-ref)
    ifl = i0 * MU * 0.01
    text = table(ENERGY, i0, i1, i2, ifl, head="# energy i0 i1 i2 if")
    transmission = read(text, mode="transmission")
    np.testing.assert_allclose(transmission.mu, MU, rtol=1e-8)
    np.testing.assert_allclose(transmission.reference_mu, ref, rtol=1e-8)
    assert transmission.mode == "transmission"
    fluorescence = read(text, mode="fluorescence")
    np.testing.assert_allclose(fluorescence.mu, 0.01 * MU, rtol=1e-8)
    counts = np.sum([np.array(v) for v in fluorescence.detectors.values()], axis=0)
    np.testing.assert_array_equal(fluorescence.mu, counts / fluorescence.i0)
    assert "edge over noise" in said(read(text))
    assert read(text).mode == "transmission"


def test_the_mode_of_the_settings_goes_before_that_of_the_study():
    text = table(ENERGY, np.full_like(MU, 1e5), 1e5 * np.exp(-MU), 1e3 * MU, head="# energy i0 it if")
    raw = RawFile(name="a", data=text.encode(), size=len(text))
    assert read_scans(raw, XasReadSettings(), mode="transmission")[0].mode == "transmission"
    assert read_scans(raw, XasReadSettings(mode="fluorescence"), mode="transmission")[0].mode == "fluorescence"


def test_columns_named_in_the_study_by_label_or_number():
    text = table(ENERGY, np.full_like(MU, 7.0), 1e4 * np.exp(-MU), np.full_like(MU, 1e4), head="# energy a b c")
    for i0, i1 in (("c", "b"), ("4", "3")):
        np.testing.assert_allclose(read(text, i0_column=i0, i1_column=i1).mu, MU, rtol=1e-6)
    with pytest.raises(ReadError, match=r"scan.dat: columns: no column 'zz' \(the file has energy, a, b, c\)"):
        read(text, i0_column="zz", i1_column="b")


@pytest.mark.parametrize(
    ("energy", "i0", "i1"),
    [
        ("Energy (eV)", "I0 [A]", "It [A]"),
        ("E / eV", "I0 / counts", "I1 / counts"),
        ("Energie [eV]", "I0", "I1"),
        ("Photon Energy", "Io", "ITRANS"),
        ('"energy"', '"i0"', '"i1"'),
        ("能量 (eV)", "I0", "I1"),
    ],
)
def test_labels_of_spreadsheets(energy, i0, i1):
    counts = 1e5 * (1 + 1e-4 * (ENERGY - E0))
    scan = read(table(ENERGY, counts, counts * np.exp(-MU), head=f"{energy},{i0},{i1}", sep=","))
    np.testing.assert_allclose(scan.mu, MU, rtol=1e-6)
    assert scan.mode == "transmission"


def test_columns_that_the_study_names_are_the_signal():
    text = table(ENERGY, np.full_like(MU, 1e5), 1e5 * np.exp(-MU), 1e3 * MU, 7 + MU, head="# energy i0 it if mutrans")
    assert read(text, mu_column="mutrans").mu[0] == pytest.approx(7 + MU[0])
    assert read(text, mu_column="mutrans").mode == "transmission"
    assert read(text, fluorescence_columns=("if",)).mode == "fluorescence"
    assert read(text, i1_column="it").mode == "transmission"


def test_a_column_of_mu_has_the_mode_of_its_label_or_of_the_study():
    assert read(table(ENERGY, MU, head="# energy mufluor")).mode == "fluorescence"
    assert read(table(ENERGY, MU, head="# energy xmu"), mode="transmission").mode == "transmission"
    assert read(table(ENERGY, MU, head="# energy xmu")).mode == "unknown"


def test_columns_without_labels_are_taken_only_where_they_show_an_edge():
    i0 = np.full_like(MU, 5e4)
    bare = table(ENERGY, i0 + ENERGY, (i0 + ENERGY) * np.exp(-MU), head="")
    np.testing.assert_allclose(read(bare).mu, MU, rtol=1e-6)
    flat = table(ENERGY, i0 + ENERGY, i0 - ENERGY, head="")
    with pytest.raises(ReadError, match="columns without labels, and no edge in"):
        read(flat)


def test_single_elements_of_the_absorbers_own_region_are_summed():
    i0 = np.full_like(MU, 1e5)
    ta = [1e3 * MU * (1 + i / 10) for i in range(3)]
    zn = [np.full_like(MU, 5e4)] * 3
    names = [f"MCA:{i}:TaLa" for i in range(3)] + [f"MCA:{i}:ZnKa" for i in range(3)]
    scan = read(table(ENERGY, i0, *ta, *zn, head="\t".join(["Energy", "I0", *names]), sep="\t"))
    assert list(scan.detectors) == names[:3]
    np.testing.assert_allclose(scan.mu, 3.3e-2 * MU, rtol=1e-8)
    assert scan.mode == "fluorescence"


def test_dead_time_factors_are_applied_and_kept_in_the_counts():
    i0 = np.full_like(MU, 1e5)
    columns = [1e3 * MU / f for f in (1.1, 1.3)] + [np.full_like(MU, f) for f in (1.1, 1.3)]
    head = "\t".join(["Energy", "I0", "Ta_La_mca1", "Ta_La_mca2", "DTFactor_mca1", "DTFactor_mca2"])
    scan = read(table(ENERGY, i0, *columns, head=head, sep="\t"))
    np.testing.assert_allclose(scan.mu, 2e-2 * MU, rtol=1e-7)
    np.testing.assert_allclose(scan.detectors["Ta_La_mca2"], 1e3 * MU, rtol=1e-7)


def test_chi_of_k_is_told_from_mu_of_energy():
    k = np.arange(0, 14, 0.05)
    for head in ("# k chi", "k/A^-1\tchi", "k (1/A) chi(k)"):
        sep = "\t" if "\t" in head else "  "
        scan = read(table(k, np.sin(4 * k), head=head.replace(") chi", ")  chi"), sep=sep))
        assert scan.is_chi
        np.testing.assert_allclose(scan.energy_ev, k)


def test_xdi_header_names_columns_element_edge_and_angle():
    d = 3.13551
    theta = np.degrees(np.arcsin(12398.419843 / (2 * d * ENERGY)))
    np.testing.assert_allclose(bragg_energy(theta, d), ENERGY)
    facts = ("Column.1: angle degrees", "Column.2: mutrans", "Element.symbol: Ta", "Element.edge: L3")
    head = "\n# ".join(["# XDI/1.0", *facts, f"Mono.d_spacing: {d}", "///", "---"])
    scan = read(table(theta, MU, head=head, digits=12))
    np.testing.assert_allclose(scan.energy_ev, ENERGY, rtol=1e-10)
    assert (scan.element, scan.edge, scan.source.format) == ("Ta", "L3", "XDI")
    assert "d = 3.13551" in scan.source.evidence


def test_a_header_that_names_the_wrong_edge_is_contradicted():
    head = "# XDI/1.0\n# Element.symbol: Sm\n# Element.edge: L3\n# Column.1: energy eV\n# Column.2: mutrans\n#---"
    scan = read(table(ENERGY, MU, head=head))
    assert scan.element == "Sm"
    assert any(f.severity == "error" and "Ta L3" in f.problem for f in scan.findings)


def test_the_steepest_rise_is_not_a_glitch_and_not_noise():
    rng = np.random.default_rng(1)
    mu = MU + 0.02 * rng.standard_normal(MU.size)
    mu[10] += 5.0
    mu[300] += 3.0
    assert abs(steepest_rise(ENERGY, mu) - E0) < 2
    assert steepest_rise(ENERGY, np.ones_like(MU)) is None
    assert guess_edge(ENERGY, mu).edge == "L3"


@pytest.mark.parametrize(
    ("symbol", "edge"), [("Ta", "L3"), ("Sm", "L3"), ("La", "L3"), ("As", "K"), ("Au", "L3"), ("Cu", "K")]
)
def test_edges_of_the_table_agree_with_the_x_ray_data_booklet(symbol, edge):
    booklet = {"Ta": 9881.1, "Sm": 6716.2, "La": 5482.7, "As": 11866.7, "Au": 11918.7, "Cu": 8978.9}
    assert edge_energy(symbol, edge) == pytest.approx(booklet[symbol], abs=1.0)
    assert parse_edge(f"{symbol.lower()} {edge.lower()}") == (symbol, edge)
    assert parse_edge(f"{symbol}{edge}") == (symbol, edge)


def test_recognition_states_evidence_and_confidence():
    text = table(ENERGY, MU, head="# energy xmu")
    found = recognise_absorption(RawFile(name="x.dat", data=text.encode(), size=len(text)))
    assert found is not None
    assert (found.technique, found.subject, found.n_measurements) == ("xas", "Ta L3", 1)
    assert found.n_rows == ENERGY.size
    assert "steepest rise at" in found.evidence


def test_impedance_and_other_tables_are_not_claimed():
    f = np.geomspace(7e6, 1, 60)
    eis = table(f, 100 + 1 / f, -1 / f, head="freq/Hz Re(Z)/Ohm -Im(Z)/Ohm")
    other = table(np.arange(60.0), np.arange(60.0) ** 2, head="time value")
    for text in (eis, other, "just words\n" * 50):
        assert recognise_absorption(RawFile(name="x.txt", data=text.encode(), size=len(text))) is None


def test_spec_files_give_one_scan_per_s():
    one = table(ENERGY, MU, head="#S 1 ascan\n#L energy  mu")
    two = table(ENERGY, 2 * MU, head="#S 2 ascan\n#L energy  mu")
    data = (one + "\n" + two).encode()
    scans = read_scans(RawFile(name="a.spec", data=data, size=len(data)), XasReadSettings())
    assert [s.loop for s in scans] == [1, 2]
    np.testing.assert_allclose(scans[1].mu, 2 * MU)


def test_a_lone_row_of_numbers_in_the_header_is_no_point():
    text = "Offsets:\n 0.1 0.2\nData\nenergy mu\n" + table(ENERGY, MU, head="")
    found = read_columns(RawFile(name="a", data=text.encode(), size=len(text)))
    assert found.data.shape == (ENERGY.size, 2)
    assert found.labels == ("energy", "mu")
