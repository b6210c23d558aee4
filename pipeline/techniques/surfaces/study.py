"""The tables of photoelectron spectra in a study, ``[[sample.xps]]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from pipeline.core.drafting import QUESTION, DraftFile, Drafting, counted, listed, quote
from pipeline.core.sample import Sample
from pipeline.core.study.tables import FileNames, NotNegative, Positive, StudyTable
from pipeline.core.technique import Files, StudyPart
from pipeline.science.core_levels import level_name
from pipeline.techniques.surfaces.model import Background, ChargeReference, FixedShape, Shape, SpectrumRow, Wanted


def _rising(pair: tuple[float, float]) -> tuple[float, float]:
    if not pair[0] < pair[1]:
        raise ValueError("the lower energy comes first")
    return pair


Share = Annotated[float, Field(ge=0, le=1)]
RisingPair = Annotated[tuple[float, float], AfterValidator(_rising)]


class AsymmetricTable(StudyTable):
    """A line whose Lorentzian has one power on each side, convolved with a Gaussian (as CasaXPS's LA and LF)."""

    tail: Positive
    steep: Positive
    core: Positive = 0.5
    reach: Positive = 10.0


class ComponentTable(StudyTable):
    """A species that is looked for."""

    name: str
    be_ev: RisingPair
    pair: bool = True
    lorentz_fraction: Share | None = None
    asymmetric: AsymmetricTable | None = None

    def fixed_shape(self) -> FixedShape | None:
        """The shape that the study asks for; None for that of the row."""
        if self.asymmetric is not None:
            return FixedShape(**self.asymmetric.model_dump())
        return None if self.lorentz_fraction is None else FixedShape(lorentz_fraction=self.lorentz_fraction)


class ReferenceTable(StudyTable):
    """Charge reference: C 1s at ``c1s_ev``, or a shift that is known."""

    c1s_ev: Positive | None = None
    c1s_sigma_ev: NotNegative = 0.2
    shift_ev: float | None = None
    file: str = ""


class SpectrumTable(StudyTable):
    """Spectra of a sample."""

    files: FileNames
    region: str = ""
    state: str = ""
    components: tuple[ComponentTable, ...] = ()
    reference: ReferenceTable | None = None
    background: Background = "shirley"
    shape: Shape = "voigt"
    splitting_ev: Positive | None = None
    window_ev: RisingPair | None = None
    photon_ev: Positive | None = None
    sensitivity: Positive | None = None


def spectrum_rows(tables: Sequence[SpectrumTable], sample: Sample, files: Files) -> Iterator[SpectrumRow]:
    """One row per file and region."""
    for i, table in enumerate(tables):
        where = f"sample {sample.id!r}.xps[{i}]"
        region = _region(table, where, files)
        names = [c.name for c in table.components]
        for twice in sorted({n for n in names if names.count(n) > 1}):
            files.mistake(f"{where}.components", f"{twice!r} is named twice")
        for c in table.components:
            if c.lorentz_fraction is not None and c.asymmetric is not None:
                files.mistake(f"{where}.components", f"{c.name!r} has lorentz_fraction and asymmetric: give one")
        if table.reference is not None and table.reference.file and table.reference.file not in files.names:
            files.mistake(f"{where}.reference.file", f"no file {table.reference.file!r} below raw")
        for name, _ in files.match(table.files, where):
            yield _row(table, name, region, sample.id)


def _region(table: SpectrumTable, where: str, files: Files) -> str:
    region = level_name(table.region)
    if table.region and not region:
        files.mistake(f"{where}.region", f'{table.region!r} is no core level of an element (as in "S 2p")')
    if table.components and not region:
        files.mistake(f"{where}.components", 'are of one region: name it (region = "S 2p")')
    return region


def _row(table: SpectrumTable, name: str, region: str, sample: str) -> SpectrumRow:
    given = table.reference or ReferenceTable()
    beside = (given.file,) if given.file and given.file != name else ()
    return SpectrumRow(
        name=f"{name} {region}" if region else name,
        sample=sample,
        files=(name,),
        beside=beside,
        region=region,
        state=table.state,
        wanted=tuple(Wanted(name=c.name, be_ev=c.be_ev, pair=c.pair, shape=c.fixed_shape()) for c in table.components),
        reference=ChargeReference(
            c1s_ev=given.c1s_ev, c1s_sigma_ev=given.c1s_sigma_ev, shift_ev=given.shift_ev, file=given.file
        ),
        background=table.background,
        shape=table.shape,
        splitting_ev=table.splitting_ev,
        window_ev=table.window_ev,
        photon_ev=table.photon_ev,
        sensitivity=table.sensitivity,
    )


def draft_tables(sample: str, drafting: Drafting) -> list[str]:
    """One table per sample, or one per region where the files hold one each; the species as questions."""
    lines: list[str] = []
    groups: dict[str, list[DraftFile]] = {}
    for file in drafting.of(sample, "xps") if sample else []:
        groups.setdefault(file.known.subject, []).append(file)
    for region, mine in groups.items():
        lines += ["", "  [[sample.xps]]", f"  files = {listed(mine)}   # {counted(mine, 'spectra')}"]
        lines += [f"  region = {quote(region)}"] if region else []
        lines += [
            f'  {QUESTION}state = "?"   # "pristine", "4V"',
            f"  {QUESTION}reference = {{ c1s_ev = 284.8, c1s_sigma_ev = 0.2 }}",
        ]
        lines += [f'  {QUESTION}components = [{{ name = "?", be_ev = [?, ?] }}]'] if region else []
    return lines


STUDY = StudyPart(table=SpectrumTable, rows=spectrum_rows, draft=draft_tables)
