"""Athena projects of three generations: parameters, shifts, references, scripts; nothing evaluated or unbounded."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.athena.perl import MAX_DEPTH, PerlError, parse, statements
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.recognise import recognise_absorption
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

ENERGY = np.arange(9700, 10300, 2.0)
MU = 0.1 + 0.9 / (1 + np.exp(-(ENERGY - 9881) / 2))
OLD = {
    "bkg_z": "Ta",
    "fft_edge": "L3",
    "bkg_e0": "9879.5",
    "bkg_eshift": "-1.25",
    "bkg_rbkg": "1.1",
    "bkg_kw": "2",
    "bkg_clamp1": "None",
    "bkg_clamp2": "Strong",
    "bkg_win": "kaiser-bessel",
    "fft_win": "hanning",
    "bft_win": "parzen",
    "fft_kmin": "3",
    "fft_kmax": "11.5",
    "fft_kw": "2",
    "bkg_pre1": "-150",
    "bkg_nor2": "700",
    "bkg_nnorm": "3",
    "bkg_fixstep": "0",
    "bkg_stan": "None",
    "label": "pellet",
}
NEW = {
    "bkg_z": "Ta",
    "fft_edge": "l3",
    "bkg_e0": "9880.5",
    "bkg_eshift": "0",
    "bkg_clamp1": 0,
    "bkg_clamp2": 24,
    "bkg_kwindow": "hanning",
    "fft_kwindow": "kaiser-bessel",
    "recordtype": "mu(E)",
    "label": "pellet",
}


def perl(
    *groups: tuple[str, dict], head: str = "# Athena project file -- Athena version 0.8.059", extra: str = ""
) -> str:
    lines = [head, "# This file created at 2009-07-18", ""]
    for key, args in groups:
        words = ",".join(
            f"'{k}',{v if str(v).startswith(('[', chr(34), 'undef')) else repr(str(v))}" for k, v in args.items()
        )
        lines += [f"$old_group = '{key}';", f"@args = ({words});"]
        lines += [
            "@x = (" + ",".join(f"'{e}'" for e in ENERGY) + ");",
            "@y = (" + ",".join(f"'{m!r}'" for m in MU.tolist()) + ");",
        ]
        lines += [extra, "[record]   # create object and set arrays in ifeffit", ""]
    return "\n".join([*lines, "@journal = ('a [record] in a string','@args = (1);');", "", "1;", ""])


def read(text: str | bytes, packed: bool = True, **settings) -> tuple[AbsorptionScan, ...]:
    data = text if isinstance(text, bytes) else text.encode()
    data = gzip.compress(data) if packed else data
    return read_scans(RawFile(name="p.prj", data=data, size=len(data)), XasReadSettings(**settings))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_first_generation(packed, end):
    (scan,) = read(perl(("abcd", OLD)).replace("\n", end), packed)
    np.testing.assert_allclose(scan.energy_ev, ENERGY - 1.25)
    np.testing.assert_array_equal(scan.mu, MU)
    expected = {
        "e0_ev": 9879.5,
        "eshift_ev": -1.25,
        "rbkg_angstrom": 1.1,
        "bkg_k_weight": 2.0,
        "clamp_low": 0.0,
        "clamp_high": 24.0,
        "bkg_window": "kaiser-bessel",
        "window": "hanning",
        "r_window": "parzen",
        "k_min": 3.0,
        "k_max": 11.5,
        "k_weight": 2.0,
        "pre1_ev": -150.0,
        "norm2_ev": 700.0,
        "n_norm": 3.0,
    }
    assert {k: scan.parameters[k] for k in expected} == expected
    assert (scan.element, scan.edge, scan.label, scan.loop) == ("Ta", "L3", "pellet", 1)
    assert [f.field for f in scan.findings] == ["eshift"]


def test_second_generation_with_reference_and_blessed_metadata():
    sample = NEW | {"referencegroup": "bbbbb", "bkg_eshift": "0.5"}
    foil = NEW | {"referencegroup": "aaaaa", "label": "  Ref pellet", "bkg_eshift": "0.5"}
    extra = "$xdi = bless( {'metadata' => {'Element' => {'symbol' => 'Ta'}},'n' => 0,'u' => undef}, 'Xray::XDI' );"
    head = "# Athena project file -- Demeter version 0.9.25"
    one, two = read(perl(("aaaaa", sample), ("bbbbb", foil), head=head, extra=extra))
    np.testing.assert_array_equal(one.reference_mu, MU)
    assert two.reference_mu is None
    assert two.parameters["role"] == "reference"
    assert "role" not in one.parameters


def test_third_generation_is_json_in_the_stated_order():
    entry = {"args": NEW, "x": [repr(v) for v in ENERGY.tolist()], "y": MU.tolist()}
    data = {
        "_____header1": "# Athena project file -- Demeter version 0.9.26",
        "zz": entry,
        "aa": entry,
        "_____order": ["zz", "aa"],
    }
    scans = read(json.dumps(data))
    assert [s.source.evidence.split(";")[0] for s in scans] == ["group zz", "group aa"]
    assert "JSON" in scans[0].source.format
    np.testing.assert_array_equal(scans[0].mu, MU)


def test_labels_in_any_script_and_with_any_sign():
    for written, meant in (
        (r'"\x{73bb}\x{7483} \x{3c6} \$x \@y"', "玻璃 φ $x @y"),
        ("'Müller => undef; [record]'", "Müller => undef; [record]"),
        (r"'it\'s \\ fine'", "it's \\ fine"),
        ("'pH=5, control'", "pH=5, control"),
    ):
        text = perl(("aaaaa", NEW)).replace("'pellet'", written)
        assert read(text)[0].label == meant


def test_undef_is_no_value_and_its_line_is_not_lost():
    text = perl(("aaaaa", NEW)).replace("'bkg_eshift','0'", "'bkg_eshift',undef,'plotkey',undef")
    assert read(text)[0].parameters["e0_ev"] == 9880.5
    assert "eshift_ev" not in read(text)[0].parameters


def test_parameters_that_cannot_be_used_are_named():
    odd = OLD | {
        "bkg_e0": "about 9880",
        "bkg_clamp2": "Extreme",
        "fft_win": "blackman",
        "bkg_stan": "other",
        "fft_pc": "yes",
    }
    problems = " ".join(f.problem for f in read(perl(("abcd", odd)))[0].findings)
    for word in (
        "bkg_e0 = 'about 9880'",
        "bkg_clamp2 = 'Extreme'",
        "'blackman'",
        "bkg_stan = 'other'",
        "fft_pc = 'yes'",
    ):
        assert word in problems


def test_an_edge_that_e0_contradicts_is_replaced_and_said():
    (scan,) = read(perl(("abcd", NEW | {"fft_edge": "k"})))
    assert (scan.element, scan.edge) == ("Ta", "L3")
    assert "edge set to K, but e0 9880.5 eV is Ta L3" in scan.findings[0].problem


def test_chi_groups_keep_k_and_take_no_shift():
    (scan,) = read(perl(("abcd", OLD | {"is_chi": "1"})))
    assert scan.is_chi
    np.testing.assert_array_equal(scan.energy_ev, ENERGY)


def test_code_in_a_project_is_text(tmp_path):
    target = tmp_path / "made"
    evil = f"$old_group = system('touch {target}');\n@args = (__import__('os').mkdir('{target}'));\n"
    evil += f"@x = (`touch {target}`);\n"
    text = "# Athena project file -- Demeter version 0.9.25\n" + evil + "[record]\n" + perl(("abcd", NEW))
    (scan,) = read(text)
    assert not target.exists()
    assert any("left out" in f.hint for f in scan.findings)


def test_deep_nesting_and_bombs_are_refused():
    with pytest.raises(PerlError, match="deeper"):
        parse("[" * (MAX_DEPTH + 5))
    with pytest.raises(ReadError, match=r"p.prj: gzip: larger than 1 MB when unpacked"):
        read(b"# Athena project file -- " + b"0" * 5_000_000, max_decompressed_mb=1)
    deep = '{"_____header1": "# Athena project file -- Demeter version 0.9.26", "a": ' + "[" * 100_000 + "}"
    with pytest.raises(ReadError, match="JSON"):
        read(deep)


def test_a_record_in_a_string_is_not_a_record():
    found = [name for name, _, _ in statements("@journal = ('one\n[record]\n@x = (1);');\n[record]\n")]
    assert found == ["journal", "[record]"]


def test_a_project_is_recognised_with_its_edges():
    data = gzip.compress(perl(("abcd", OLD), ("efgh", NEW)).encode())
    found = recognise_absorption(RawFile(name="p.prj", data=data, size=len(data)))
    assert found is not None
    assert (found.technique, found.n_measurements, found.confidence, found.subject) == ("xas", 2, "certain", "Ta L3")
