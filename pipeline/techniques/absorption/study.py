"""``[[sample.xas]]`` and ``[xas_reference]``: scans of a sample at one edge, and which sample the others are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from pipeline.core.drafting import QUESTION, DraftFile, Drafting, counted, listed, quote, starred
from pipeline.core.sample import Sample
from pipeline.core.study.settings import nearest
from pipeline.core.study.tables import FileNames, NotNegative, Positive, StudyTable
from pipeline.core.technique import Files, Option, Settings, StudyPart
from pipeline.techniques.absorption.model import Composition, EdgeRow, References, ScanReview

EDGE = r"^[A-Z][a-z]? (K|L1|L2|L3)$"
KNOWN_SIGMA_ANGSTROM = 0.005
"""Of a distance from diffraction, where the study does not say: bond lengths of powders, and the 2 to 5 mÅ by which motion across
the bond makes the distance of EXAFS longer."""


class ShellTable(StudyTable):
    """First shell of an edge; coordination and distance only where they are known, the distance from diffraction."""

    scatterer: str = "Cl"
    coordination: Positive | None = None
    structure: str | None = None
    distance_angstrom: Positive | None = None
    distance_sigma_angstrom: NotNegative = KNOWN_SIGMA_ANGSTROM


class XasTable(StudyTable):
    """Scans of a sample at one edge."""

    files: FileNames
    groups: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] | None = None
    edge: Annotated[str, Field(pattern=EDGE)]
    mode: Literal["transmission", "fluorescence"] | None = None
    formula: str | None = None
    angle_in_degree: Annotated[float, Field(gt=0, le=90)] = 45.0
    angle_out_degree: Annotated[float, Field(gt=0, le=90)] = 45.0
    shell: ShellTable = ShellTable()


def edge_rows(tables: Sequence[XasTable], sample: Sample, files: Files) -> Iterable[EdgeRow]:
    """One row per edge: several tables of one sample at one edge are one, with the shell of the first."""
    rows: dict[str, EdgeRow] = {}
    for i, table in enumerate(tables):
        where = f"sample {sample.id!r}.xas[{i}]"
        names = [name for name, _ in files.match(table.files, where)]
        structure = table.shell.structure
        if structure is not None:
            _check_structure(structure, f"{where}.shell.structure", files)
        groups = dict.fromkeys(names, tuple(table.groups)) if table.groups else {}
        if (known := rows.get(table.edge)) is not None:
            both = {n: (*known.groups.get(n, ()), *groups.get(n, ())) for n in (*known.groups, *groups)}
            rows[table.edge] = replace(known, files=tuple(dict.fromkeys((*known.files, *names))), groups=both)
            continue
        element, edge = table.edge.split()
        rows[table.edge] = EdgeRow(
            name=f"{sample.id} {table.edge}",
            sample=sample.id,
            files=tuple(names),
            beside=(structure,) if structure is not None and _is_cif(structure) else (),
            element=element,
            edge=edge,
            mode=table.mode,
            scatterer=table.shell.scatterer,
            coordination=table.shell.coordination,
            structure=structure,
            distance_angstrom=table.shell.distance_angstrom,
            distance_sigma_angstrom=table.shell.distance_sigma_angstrom,
            groups=groups,
            composition=None
            if table.formula is None
            else Composition(
                formula=table.formula, angle_in_degree=table.angle_in_degree, angle_out_degree=table.angle_out_degree
            ),
        )
    return rows.values()


def _is_cif(name: str) -> bool:
    return name.lower().endswith(".cif")


def _check_structure(name: str, where: str, files: Files) -> None:
    """A CIF file below raw, or a model that the program brings."""
    from pipeline.techniques.absorption.fit.feff.structures import BUILT_IN

    if name not in BUILT_IN and not (_is_cif(name) and name in files.names):
        hint = nearest(name, [*BUILT_IN, *(n for n in files.names if _is_cif(n))])
        files.mistake(where, f"{name!r} is neither a CIF file below raw nor a built-in model ({hint})")


def find_mistakes(rows: Sequence[EdgeRow], samples: Sequence[Sample], settings: Settings) -> Iterator[tuple[str, str]]:
    """References that are no sample of the study, and edges that it has no scans of."""
    given = settings[References].by_edge
    ids = [s.id for s in samples]
    for edge, sample in given.items():
        if sample not in ids:
            yield f"xas_reference.{edge!r}", f"no sample {sample!r} in this study ({nearest(sample, ids)})"
    for row in rows:
        if row.distance_angstrom is not None and given.get(row.edge_name, row.sample) != row.sample:
            problem = (
                f"known distances calibrate the reference alone, which is {given[row.edge_name]!r} at {row.edge_name}"
            )
            yield f"sample {row.sample!r}.xas.shell.distance_angstrom", problem
    edges = sorted({row.edge_name for row in rows})
    for edge in given:
        if edge not in edges:
            yield f"xas_reference.{edge!r}", f"no scans at this edge in the study ({nearest(edge, edges)})"


def draft_tables(sample: str, drafting: Drafting) -> Sequence[str]:
    """One table per edge of a sample; for no sample, at the head of the file, the question for the references."""
    if not sample:
        return _ask_references(drafting)
    mine = drafting.of(sample, "xas")
    lines: list[str] = []
    for edge in sorted({f.known.subject for f in mine}):
        lines += _draft_edge(edge, [f for f in mine if f.known.subject == edge], drafting.files)
    return lines


def _ask_references(drafting: Drafting) -> list[str]:
    edges = sorted({f.known.subject for f in drafting.files if not f.left_out and f.known.technique == "xas"})
    if not edges:
        return []
    return [
        "",
        QUESTION + "which sample calibrates S02 and is the undistorted reference?",
        QUESTION + "[xas_reference]",
        *(f'{QUESTION}{quote(edge)} = "?"' for edge in edges),
    ]


def _draft_edge(edge: str, mine: Sequence[DraftFile], files: Sequence[DraftFile]) -> Iterator[str]:
    yield ""
    yield "  [[sample.xas]]"
    yield f"  files = {starred(mine, files) or listed(mine)}   # {counted(mine, 'scans')}"
    for file in mine:
        if names := file.known.candidates:
            where = f"{file.name} holds " if len(mine) > 1 else ""
            yield f"  {QUESTION}groups = [{quote(names[0])}]   # of this sample; {where}{', '.join(map(quote, names))}"
    yield f"  edge = {quote(edge)}"
    modes = {f.known.detail for f in mine}
    if modes in ({"transmission"}, {"fluorescence"}):
        yield f"  mode = {quote(modes.pop())}"
    else:
        yield f'  {QUESTION}mode = "transmission or fluorescence?"   # in the files: {", ".join(sorted(modes))}'
    yield f'  {QUESTION}shell = {{ scatterer = "Cl", coordination = ? }}   # coordination only where it is known'


STUDY = StudyPart(
    table=XasTable,
    rows=edge_rows,
    draft=draft_tables,
    review=ScanReview,
    review_columns={"group": "text"},
    options={"xas_reference": Option(type=dict[str, str], make=lambda given: References(by_edge=given))},
    mistakes=find_mistakes,
)
