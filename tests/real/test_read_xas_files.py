"""Every real absorption file is read with the points and the edge that the manifest states, or refused for a reason."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.science.edge_position import guess_edge
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.recognise import recognise_absorption
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

NO_DATA = "table: no columns of numbers"
REFUSED = {
    r"(README|LICENSE\w*|License\.\w+|\.rst|\.lar|\.out|\.paths|\.feff6|\.exc|\.json|\.txt)$": NO_DATA,
    r"(atoms|FeO|feff)\.inp$|list\.xyz$": r"table: no columns|columns: |energy: |rows: ",
    r"data\.zip$|ssrlb\.dat$": "file: binary|is a zip archive",
    r"feff(_feo)?\d+\.dat$|FDMNES": "format: calculated by FEFF or FDMNES",
    r"notdata\.1$|notdata\.5$": r"rows: [15] points, fewer than 10",
    r"SXRMB_acquaman_excerpt": "rows: 3 points, fewer than 10",
    r"mn3o4\.202$": "columns: no detectors or mu among energy, mcs3",
    r"ESRF_SNBL": "columns: no detectors or mu among Mon, Det1",
    r"srs32\.dat$": "format: Daresbury SRS",
    r"x10c\.dat$": "format: NSLS X10C",
    r"nonxafs_1d\.xdi$": "energy: no energy column among x, i0",
    r"nonxafs_2d\.xdi$": "format: a map",
    r"generic_columns_no_header\.dat$": "columns without labels, and no edge",
}
"""What is no scan, or names its columns in no way that could be trusted."""


def load(path: Path, root: Path) -> RawFile:
    data = path.read_bytes()
    return RawFile(name=path.relative_to(root).as_posix(), data=data, size=len(data))


def scans(root: Path, name: str, mode: str | None = None, **settings) -> tuple[AbsorptionScan, ...]:
    return read_scans(load(root / name, root), XasReadSettings(**settings), mode=mode)


@pytest.fixture(scope="module")
def xas(real_data) -> Path:
    return real_data / "xas"


@pytest.fixture(scope="module")
def outcomes(xas) -> dict[str, tuple[AbsorptionScan, ...] | ReadError]:
    found: dict[str, tuple[AbsorptionScan, ...] | ReadError] = {}
    for path in sorted(p for p in xas.rglob("*") if p.is_file()):
        try:
            found[path.relative_to(xas).as_posix()] = read_scans(load(path, xas), XasReadSettings())
        except ReadError as error:
            found[path.relative_to(xas).as_posix()] = error
    return found


def manifest(real_data: Path) -> dict[str, tuple[str, str]]:
    """File -> (element and edge, number of points or groups) of the table in MANIFEST.md."""
    rows: dict[str, tuple[str, str]] = {}
    for line in (real_data / "MANIFEST.md").read_text(encoding="utf-8").split("\n# xas/")[1].split("\n"):
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) >= 6 and cells[1].isdigit():
            rows[cells[0]] = (cells[3], cells[5])
    return rows


def test_every_file_is_read_or_refused_for_the_stated_reason(outcomes):
    wrong = []
    for name, outcome in outcomes.items():
        reason = next((why for pattern, why in REFUSED.items() if re.search(pattern, name)), None)
        if isinstance(outcome, ReadError):
            if reason is None or not re.search(reason, str(outcome)):
                wrong.append(f"{name}: {outcome}")
            assert "\n" not in str(outcome)
        elif reason is not None:
            wrong.append(f"{name}: read, but expected {reason}")
    assert not wrong
    assert sum(not isinstance(o, ReadError) for o in outcomes.values()) >= 150


def test_points_groups_and_edges_agree_with_the_manifest(outcomes, real_data):
    wrong, compared = [], 0
    for name, (edges, count) in manifest(real_data).items():
        outcome = outcomes[name]
        if isinstance(outcome, ReadError) or not count:
            continue
        compared += 1
        groups = re.fullmatch(r"(\d+) groups", count)
        n = len(outcome) if groups else outcome[0].energy_ev.size
        if n != int(groups[1] if groups else count):
            wrong.append(f"{name}: {n} against {count}")
        for pair in filter(None, edges.split(",")):
            element, _, edge = pair.partition(" ")
            if "None" in pair or not edge:
                continue
            if not any(s.element == element and s.edge == edge for s in outcome):
                wrong.append(f"{name}: no {pair}, but {sorted({f'{s.element} {s.edge}' for s in outcome})}")
    assert not wrong
    assert compared >= 80


def test_what_is_read_is_recognised_with_evidence(outcomes, xas):
    for name, outcome in outcomes.items():
        if isinstance(outcome, ReadError) or "HgDNA" in name or outcome[0].element is None:
            continue
        found = recognise_absorption(load(xas / name, xas))
        assert found is not None, name
        assert found.technique == "xas"
        assert found.n_measurements == len(outcome)
        assert found.evidence


def test_no_impedance_or_sweep_is_taken_for_absorption(real_data):
    claimed = []
    for path in (p for p in real_data.rglob("*") if p.is_file() and "xas" not in p.relative_to(real_data).parts[:1]):
        data = path.read_bytes()
        if len(data) < 2_000_000 and recognise_absorption(RawFile(name=path.name, data=data, size=len(data))):
            claimed.append(path.name)
    assert not claimed


def test_energies_ascend_and_counts_reproduce_mu(outcomes):
    for name, outcome in outcomes.items():
        if isinstance(outcome, ReadError):
            continue
        for scan in outcome:
            assert np.all(np.diff(scan.energy_ev) >= 0), name
            assert scan.mu.shape == scan.energy_ev.shape
            if scan.mode == "fluorescence":
                counts = np.sum([np.array(v) for v in scan.detectors.values()], axis=0)
                np.testing.assert_allclose(counts / scan.i0, scan.mu, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("mode", ["transmission", "fluorescence"])
def test_hxma_has_an_arsenic_sample_and_a_gold_reference(xas, mode):
    (scan,) = scans(xas, "cls/CLSHXMA.dat", mode)
    assert (scan.element, scan.edge, scan.source.format) == ("As", "K", "CLS HXMA")
    slope = np.gradient(scan.mu, scan.energy_ev)
    assert abs(scan.energy_ev[np.argmax(slope)] - 11866.0) <= 0.55
    foil = guess_edge(scan.energy_ev, scan.reference_mu)
    assert (foil.element, foil.edge) == ("Au", "L3")
    assert abs(foil.rise_ev - 11916) <= 3


def test_sxrmb_excerpt_is_recognised_and_read_when_three_points_are_allowed(xas):
    (scan,) = scans(xas, "cls/SXRMB_acquaman_excerpt_P_K.dat", "fluorescence", min_points=3)
    assert (scan.element, scan.edge, scan.source.format) == ("P", "K", "CLS SXRMB")
    np.testing.assert_allclose(scan.mu, [0.0171012, 0.0225245, 0.0214002], rtol=3e-6)
    (tey,) = scans(xas, "cls/SXRMB_acquaman_excerpt_P_K.dat", mode="electron yield", min_points=3)
    np.testing.assert_allclose(tey.mu, [2.24689, 2.18469, 2.15657], rtol=3e-6)
    found = recognise_absorption(load(xas / "cls/SXRMB_acquaman_excerpt_P_K.dat", xas))
    assert (found.format, found.subject) == ("CLS SXRMB", "P K")


def test_the_forty_scans_of_mercury_have_twelve_elements_and_a_selenium_reference(outcomes):
    raws = {n: o for n, o in outcomes.items() if re.search(r"HgDNA/\w+/hg\w+\.\d{4}$", n)}
    assert len(raws) >= 40
    for name, (scan,) in raws.items():
        assert (scan.element, scan.edge, scan.mode) == ("Hg", "L3", "fluorescence"), name
        assert list(scan.detectors) == [f"DXP12:{i}:Hg" for i in range(12)]
        assert abs(guess_edge(scan.energy_ev, scan.reference_mu, "Se").rise_ev - 12656) < 4, name


def test_the_sum_of_the_elements_is_the_beamlines_own_sum(xas):
    name = "xas_education/HgDNA/sample/hg_3mM_3mM.0002"
    (single,) = scans(xas, name)
    (summed,) = scans(xas, name, "fluorescence", fluorescence_columns=("DXP12:Hg_Sum",))
    np.testing.assert_allclose(single.mu, summed.mu, rtol=1e-12)


def test_projects_of_three_generations_keep_their_parameters(outcomes):
    projects = {n: o for n, o in outcomes.items() if n.endswith(".prj")}
    assert len(projects) >= 26
    kinds = {re.sub(r" version [\d.]+", "", o[0].source.format) for o in projects.values()}
    assert kinds == {
        "Athena project, Perl (Athena)",
        "Athena project, Perl (Demeter)",
        "Athena project, JSON (Demeter)",
    }
    for name, groups in projects.items():
        for scan in groups:
            missing = {"e0_ev", "rbkg_angstrom", "clamp_low", "clamp_high", "k_min", "k_max"} - set(scan.parameters)
            assert not missing, name
            assert not [f for f in scan.findings if f.field == "parameters"], name
    old = outcomes["larch_examples/AthenaProjectFiles/pbaq.prj"][0].parameters
    expected = {
        "e0_ev": 13035.14826354,
        "eshift_ev": 0.077,
        "rbkg_angstrom": 1.2,
        "clamp_low": 0.0,
        "clamp_high": 24.0,
        "n_norm": 3.0,
        "bkg_k_weight": 2.0,
        "window": "kaiser-bessel",
        "norm1_ev": 150.0,
        "norm2_ev": 636.64278029,
        "label": "pH=5, control",
    }
    assert {k: old[k] for k in expected} == expected


def test_the_shift_of_a_project_puts_its_platinum_foils_on_one_energy(outcomes):
    groups = outcomes["larch_examples/AthenaProjectFiles/PtData.prj"]
    rises = np.array([guess_edge(s.energy_ev, s.mu, "Pt").rise_ev for s in groups])
    assert np.ptp(rises) < 0.5
    assert np.ptp(rises - [s.parameters["eshift_ev"] for s in groups]) > 0.6


def test_names_in_any_script(outcomes):
    names = [n for n in outcomes if "non-ascii" in n]
    assert len(names) == 7
    assert len({outcomes[n][0].mu.tobytes() for n in names}) == 1


def test_columns_of_an_unknown_beamline_can_be_named(xas):
    (scan,) = scans(xas, "demeter/examples_data/mn3o4.202", i0_column="mcs3", i1_column="mcs4")
    assert (scan.element, scan.edge, scan.mode) == ("Mn", "K", "transmission")
    assert any("is not where the scan rises" in f.problem for f in scan.findings)


def test_broken_counts_are_said(outcomes):
    said = "; ".join(str(f) for f in outcomes["demeter/zbroken.dat"][0].findings)
    assert "1 points without a number" in said
