"""The structure of a shell in the study: a built-in model or a CIF below raw, known before anything starts, part of the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.batch.plan import plan
from pipeline.core.errors import ReadError, StudyError
from pipeline.core.flow import join_group
from pipeline.core.registry import techniques
from pipeline.core.sample import RawFile
from pipeline.core.study.load import load_study
from pipeline.core.technique import JointWork
from pipeline.techniques.absorption.model import ShellFit
from pipeline.techniques.absorption.technique import TECHNIQUE
from tests.feff_truth import reduced, thermal_chi

CIF = """data_CuO
_cell_length_a 4.2
_cell_length_b 4.2
_cell_length_c 4.2
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Ta1 0 0 0
Cl1 0.5 0 0
Cl2 0 0.5 0
Cl3 0 0 0.5
"""


def write_study(folder: Path, structure: str) -> Path:
    (folder / "raw").mkdir(exist_ok=True)
    (folder / "raw" / "a.dat").write_text("# x\n")
    (folder / "raw" / "TaCl3.cif").write_text(CIF)
    path = folder / "study.toml"
    path.write_text(
        'schema = 1\nname = "x"\n[[sample]]\nid = "S"\n[[sample.xas]]\nfiles = "a.dat"\nedge = "Ta L3"\n'
        f'shell = {{ scatterer = "Cl", coordination = 6, structure = "{structure}" }}\n'
    )
    return path


@pytest.mark.parametrize("structure", ["TaCl6", "TaCl3.cif", "W bcc"])
def test_a_model_or_a_cif_below_raw_is_taken(tmp_path, structure):
    study = load_study(write_study(tmp_path, structure))
    (row,) = study.rows["xas"]
    assert row.structure == structure
    (group,) = TECHNIQUE.joint[0].groups(study.rows["xas"], study.samples)
    assert row.beside == group.beside == ((structure,) if structure.endswith(".cif") else ())


@pytest.mark.parametrize(
    ("structure", "hint"), [("TaCl5", "did you mean 'TaCl6'?"), ("TaCl.cif", "TaCl3.cif"), ("../x.cif", "valid")]
)
def test_anything_else_stops_the_run_before_it_starts(tmp_path, structure, hint):
    with pytest.raises(StudyError) as caught:
        load_study(write_study(tmp_path, structure))
    (line,) = caught.value.mistakes
    assert "shell.structure" in line
    assert hint in line


def test_another_cif_is_another_key(tmp_path):
    path = write_study(tmp_path, "TaCl3.cif")
    first = [t.key for t in plan(load_study(path), techniques())[1]]
    assert [t.key for t in plan(load_study(path), techniques())[1]] == first
    (tmp_path / "raw" / "TaCl3.cif").write_text(CIF.replace("4.2", "4.3"))
    assert [t.key for t in plan(load_study(path), techniques())[1]] != first


def test_the_cif_reaches_feff_and_a_lost_one_rejects_its_sample_alone(tmp_path):
    study = load_study(write_study(tmp_path, "TaCl3.cif"))
    raw = RawFile(name="TaCl3.cif", data=CIF.encode(), size=len(CIF))
    from pipeline.techniques.absorption.fit.feff.structures import choose_structure
    from pipeline.techniques.absorption.fit.shells.feff_model import run_structure

    structure = choose_structure("Ta", "Cl", "TaCl3.cif", CIF.encode(), 6)
    path = run_structure(structure, "L3", tmp_path).paths[0]
    assert path.reff_angstrom == pytest.approx(2.1)
    row = reduced("S", thermal_chi(path, 5.4, 0.01, 0.004), 1e-3, 1)
    edge = TECHNIQUE.joint[0]
    (group,) = edge.groups(study.rows["xas"], study.samples)
    lost = ReadError(source="TaCl3.cif", field="file", problem="cannot be read")
    records = [
        join_group(
            edge,
            JointWork(
                group=group,
                fitted=(row,),
                earlier={},
                settings=study.settings_of(edge.settings),
                cache=tmp_path,
                beside={"TaCl3.cif": beside},
            ),
        )
        for beside in (raw, lost)
    ]
    fits = [r for r in records[0].results if isinstance(r, ShellFit)]
    assert fits[0].structure == fits[0].structure_title == "TaCl3.cif"
    assert "TaCl3.cif" in next(iter(fits[0].feff_inputs.values()))
    record = records[1]
    assert not record.results
    assert record.rejected[0].file.startswith("S Ta L3")
    assert "could not be read" in record.rejected[0].problem


def test_a_known_distance_is_of_the_reference_alone(tmp_path):
    """The row carries it with its sigma, 0.005 angstrom where none is given; of any other sample it is a mistake."""
    path = write_study(tmp_path, "TaCl6")
    plain = path.read_text()
    path.write_text(plain.replace("coordination = 6,", "coordination = 6, distance_angstrom = 2.36,"))
    (row,) = load_study(path).rows["xas"]
    assert (row.distance_angstrom, row.distance_sigma_angstrom) == (2.36, 0.005)
    other = '[[sample]]\nid = "R"\n[[sample.xas]]\nfiles = "a.dat"\nedge = "Ta L3"\n[xas_reference]\n"Ta L3" = "R"\n'
    path.write_text(path.read_text() + other)
    with pytest.raises(StudyError) as caught:
        load_study(path)
    (line,) = caught.value.mistakes
    assert "sample 'S'.xas.shell.distance_angstrom" in line
    assert "the reference alone, which is 'R'" in line
