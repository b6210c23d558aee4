"""larch opens the projects that the archive writes, and gets the same mu(E), parameters and chi(k)."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.sample import RawFile
from pipeline.core.values import Estimate
from pipeline.techniques.absorption.model import ReducedAbsorption, ScanUse
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.report.athena_project import pack_project, project_text
from pipeline.techniques.absorption.report.xdi import chi_k_text, chi_r_text, spectrum_text
from pipeline.techniques.absorption.settings import XasReadSettings
from tests.reductions import reduction_used

pytest.importorskip("larch")
USED = reduction_used(
    pre1_ev=-140.0,
    pre2_ev=-40.0,
    norm1_ev=120.0,
    bkg_k_min=0.5,
    bkg_k_max=13.0,
    bkg_dk=0.5,
    clamp_high=24.0,
    n_clamp=3,
)


def edge(e0: float = 9881.0, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Arctangent edge, Lorentzian white line, one damped sine for the EXAFS: nothing of the code under test."""
    energy = np.concatenate([np.arange(e0 - 180, e0 - 20, 5), np.arange(e0 - 20, e0 + 40, 0.4)])
    k = np.arange(np.sqrt(0.2624682917 * 41), 14.0, 0.05)
    energy = np.concatenate([energy, e0 + k**2 / 0.2624682917])
    q = np.sqrt(0.2624682917 * np.clip(energy - e0, 1e-9, None))
    chi = np.where(
        energy > e0 + 2, 0.9 * np.exp(-0.006 * 2 * q**2) * np.sin(2 * 2.0 * q + 0.3) / (1 + 0.25 * q**2), 0.0
    )
    step = 0.5 + np.arctan((energy - e0) / 2.0) / np.pi
    white = 1.5 / (1 + ((energy - e0 - 3) / 4) ** 2)
    slope = 0.3 - 1.5e-4 * (energy - e0)
    rng = np.random.default_rng(seed)
    return energy, slope + 1.3 * (step * (1 + chi) + white) + 1e-4 * rng.standard_normal(energy.size)


def reduce_by_larch(energy, mu, sample="HSE-Sm", e0=9880.7, element="Ta", symbol_edge="L3") -> ReducedAbsorption:
    """A reduction whose numbers are larch's own, so that larch must find them again."""
    from larch import Group
    from larch.xafs import autobk, pre_edge, xftf

    g = Group(energy=energy.copy(), mu=mu.copy())
    s = USED
    pre_edge(g, e0=e0, pre1=s.pre1_ev, pre2=s.pre2_ev, norm1=s.norm1_ev, norm2=s.norm2_ev, nnorm=s.n_norm)
    autobk(
        g,
        ek0=e0,
        rbkg=1.1,
        kmin=s.bkg_k_min,
        kmax=s.bkg_k_max,
        kweight=s.bkg_k_weight,
        dk=s.bkg_dk,
        clamp_lo=s.clamp_low,
        clamp_hi=s.clamp_high,
        nclamp=s.n_clamp,
    )
    xftf(g, kmin=3.0, kmax=12.5, dk=1.0, kweight=2, window="hanning")
    use = ScanUse(
        file="a.dat",
        loop=1,
        e0_ev=e0,
        edge_step=1.0,
        shift_ev=0.1,
        shift_sigma_ev=0.01,
        used=True,
        reason="",
        noise_k=None,
    )
    return ReducedAbsorption(
        sample=sample,
        element=element,
        edge=symbol_edge,
        scans=(use,),
        energy_ev=g.energy,
        mu=g.mu,
        mu_sigma=np.full(mu.size, 1e-4),
        normalized=g.norm,
        flattened=g.flat,
        background=g.bkg,
        pre_edge=g.pre_edge,
        post_edge=g.post_edge,
        e0_ev=e0,
        edge_step=Estimate(value=g.edge_step, sigma=0.01, unit="1"),
        k_per_angstrom=g.k,
        chi=g.chi,
        chi_sigma=np.full(g.k.size, 1e-3),
        r_angstrom=g.r,
        chi_r_re=g.chir_re,
        chi_r_im=g.chir_im,
        chi_r_noise=0.01,
        k_min=3.0,
        k_max=12.5,
        dk=1.0,
        k_weight=2,
        window="hanning",
        rbkg_angstrom=1.1,
        wavelet=None,
        settings=USED,
    )


def chi_r(chi: np.ndarray, k: np.ndarray) -> np.ndarray:
    """|chi(R)| up to 10 angstrom by larch's own transform."""
    from larch import Group
    from larch.xafs import xftf

    g = Group(k=k, chi=chi)
    xftf(g, kmin=3.0, kmax=12.5, dk=1.0, kweight=2, window="hanning")
    return g.chir_mag


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[ReducedAbsorption, ReducedAbsorption, dict[str, Path]]:
    folder = tmp_path_factory.mktemp("prj")
    ta = reduce_by_larch(*edge())
    sm = reduce_by_larch(*edge(6720.5), sample="玻璃 φ=0.4; 'a' => undef @x $y", e0=6720.5, element="Sm")
    paths = {}
    for dialect in ("athena", "larch"):
        paths[dialect] = folder / f"{dialect}.prj"
        paths[dialect].write_bytes(pack_project(project_text([ta, sm], dialect=dialect)))
    return ta, sm, paths


def test_larch_reduces_its_project_to_the_same_chi(written):
    from larch.io import read_athena

    ta, sm, paths = written
    groups = read_athena(str(paths["larch"]), do_bkg=True, do_fft=True, use_hashkey=True)
    for name, mine in (("aaaaa", ta), ("aaaab", sm)):
        g = getattr(groups, name)
        np.testing.assert_array_equal(g.energy, mine.energy_ev)
        np.testing.assert_array_equal(g.mu, mine.mu)
        assert g.edge_step == pytest.approx(mine.edge_step.value, rel=1e-10)
        np.testing.assert_allclose(g.chi, mine.chi, atol=1e-9)
        assert np.max(np.abs(chi_r(g.chi, g.k) - chi_r(mine.chi, mine.k_per_angstrom))) < 1e-6
        assert g.athena_params.bkg.z == mine.element
        assert g.athena_params.fft.edge == "l3"


def test_larch_gets_the_same_chi_from_the_project_for_athena_with_its_fixed_step(written):
    from larch import Group
    from larch.io import read_athena
    from larch.xafs import autobk

    ta, _, paths = written
    g = read_athena(str(paths["athena"]), do_preedge=False, use_hashkey=True).aaaaa
    b = g.athena_params.bkg
    assert (b.nnorm, b.fixstep, b.rbkg, b.kw, b.clamp1, b.clamp2) == (3, 1, 1.1, 2, 0, 24)
    again = Group(energy=g.energy, mu=g.mu)
    autobk(
        again,
        ek0=b.e0,
        edge_step=b.step,
        rbkg=b.rbkg,
        kmin=b.spl1,
        kmax=b.spl2,
        kweight=b.kw,
        dk=b.dk,
        clamp_lo=b.clamp1,
        clamp_hi=b.clamp2,
        nclamp=3,
    )
    assert np.max(np.abs(chi_r(again.chi, again.k) - chi_r(ta.chi, ta.k_per_angstrom))) < 1e-6


def test_labels_in_any_script_reach_larch_and_none_is_lost(written):
    from larch.io import read_athena

    _, sm, paths = written
    groups = read_athena(str(paths["larch"]), do_preedge=False, use_hashkey=True)
    assert groups.aaaab.label == f"{sm.sample} Sm L3"


def test_the_text_is_ascii_and_line_wise(written):
    text = gzip.decompress(written[2]["athena"].read_bytes())
    assert text.isascii()
    assert b"undef" not in text
    assert sum(line.startswith(b"@args") for line in text.splitlines()) == 2


def test_own_reader_gives_back_every_number_and_parameter(written):
    _, sm, paths = written
    data = paths["athena"].read_bytes()
    scan = read_scans(RawFile(name="a.prj", data=data, size=len(data)), XasReadSettings())[1]
    np.testing.assert_array_equal(scan.energy_ev, sm.energy_ev)
    np.testing.assert_array_equal(scan.mu, sm.mu)
    assert (scan.element, scan.edge, scan.label) == ("Sm", "L3", f"{sm.sample} Sm L3")
    p = scan.parameters
    expected = {
        "e0_ev": 6720.5,
        "eshift_ev": 0.0,
        "rbkg_angstrom": 1.1,
        "bkg_k_weight": 2.0,
        "clamp_low": 0.0,
        "clamp_high": 24.0,
        "n_clamp": 3.0,
        "k_min": 3.0,
        "k_max": 12.5,
        "dk": 1.0,
        "k_weight": 2.0,
        "window": "hanning",
        "n_norm": 3.0,
        "pre1_ev": -140.0,
        "norm2_ev": 700.0,
        "bkg_k_min": 0.5,
        "bkg_k_max": 13.0,
        "bkg_dk": 0.5,
    }
    assert {k: p[k] for k in expected} == expected
    assert p["edge_step"] == sm.edge_step.value
    assert not [f for f in scan.findings if f.field == "parameters"]


def test_the_same_reductions_give_the_same_bytes(written):
    ta, sm, paths = written
    assert pack_project(project_text([ta, sm])) == paths["athena"].read_bytes()


READ_IN_PERL = r"""
use strict; use warnings; use Safe; binmode(STDOUT, ":utf8"); my $box = new Safe; my (%a, @x, @y); my $name = "";
while (my $line = <STDIN>) {
  if ($line =~ /^\$old_group/) { $name = $box->reval($line); die $@ if $@ }
  elsif ($line =~ /^\@args/)   { my @args = $box->reval($line); die $@ if $@; %a = @args }
  elsif ($line =~ /^\@x/)      { @x = $box->reval($line); die $@ if $@ }
  elsif ($line =~ /^\@y/)      { @y = $box->reval($line); die $@ if $@ }
  elsif ($line =~ /^\[record\]/) {
    die "clamp" unless $a{bkg_clamp1} =~ /^\+?[0-9]+$/ and $a{bkg_clamp2} =~ /^\+?[0-9]+$/;
    print join("\t", $name, $a{label}, $a{bkg_z}, $a{fft_edge}, $a{bkg_e0}, $a{bkg_rbkg}, $a{bkg_clamp2}, $a{bkg_nnorm},
               $a{fft_kwindow}, scalar(@x), scalar(@y), scalar(@{$a{titles}})), "\n" } }
"""


def test_perl_reads_it_line_by_line_in_a_safe_compartment_as_athena_does(written):
    perl = shutil.which("perl")
    if perl is None:
        pytest.skip("no perl on this machine")
    ta, sm, paths = written
    text = gzip.decompress(paths["athena"].read_bytes())
    done = subprocess.run([perl, "-e", READ_IN_PERL], input=text, capture_output=True, check=True)
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    n = str(ta.energy_ev.size)
    assert rows[0] == ["aaaaa", "HSE-Sm Ta L3", "Ta", "l3", "9880.7", "1.1", "24", "3", "hanning", n, n, "2"]
    assert rows[1][1] == f"{sm.sample} Sm L3"


def test_larch_reads_the_xdi_and_chi_files(written, tmp_path):
    from larch.io import read_ascii, read_xdi

    ta = written[0]
    path = tmp_path / "a.xdi"
    path.write_text(spectrum_text(ta), encoding="utf-8")
    theirs = read_xdi(str(path))
    np.testing.assert_allclose(theirs.energy, ta.energy_ev, rtol=1e-12)
    np.testing.assert_allclose(theirs.mu, ta.mu, rtol=1e-10)
    assert (theirs.element, theirs.edge) == ("Ta", "L3")
    path.write_text(chi_k_text(ta), encoding="utf-8")
    np.testing.assert_allclose(read_ascii(str(path)).chi, ta.chi, rtol=1e-10, atol=1e-14)
    path.write_text(chi_r_text(ta), encoding="utf-8")
    np.testing.assert_allclose(
        read_ascii(str(path)).chir_mag, np.hypot(ta.chi_r_re, ta.chi_r_im), rtol=1e-10, atol=1e-14
    )
