"""What may stand in study.toml (schema 1). Unknown keys are mistakes; every unit is in its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Files = str | list[str]
EDGE = r"^[A-Z][a-z]? (K|L1|L2|L3)$"


def _rising(window: tuple[float, float]) -> tuple[float, float]:
    if not window[0] < window[1]:
        raise ValueError("the reduction limit comes first and lies below the oxidation limit")
    return window


def toml_as_json(table: Mapping[str, Any]) -> str:
    """A TOML table for pydantic's strict mode: there ``"0.08"`` is no number, while 1 is one and a list may be a tuple."""
    return json.dumps(table, default=lambda value: {"date": str(value)})  # a date is neither text nor list


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PelletTable(_Table):
    """Geometry of the pellet."""

    thickness_mm: Positive
    diameter_mm: Positive
    thickness_sigma_mm: NotNegative = 0.0
    diameter_sigma_mm: NotNegative = 0.0
    mass_mg: Positive | None = None


class PhasesTable(_Table):
    """ids of the pristine samples of this study."""

    crystalline: str | None = None
    amorphous: str | None = None


class CorrectionsTable(_Table):
    """What stands between the instrument and the sample."""

    contact_resistance_ohm: NotNegative = 0.0
    contact_resistance_sigma_ohm: NotNegative = 0.0
    stray_capacitance_f: NotNegative = 0.0
    short: str | None = None
    open: str | None = None


class EisTable(_Table):
    """Impedance files of a sample."""

    files: Files
    temperature_c: float | None = None
    temperature_k: Positive | None = None
    temperatures: str | None = None
    corrections: CorrectionsTable = CorrectionsTable()


class ReferenceTable(_Table):
    """Reference electrode of a sweep."""

    electrode: str = ""
    volts_vs_na: float
    volts_vs_na_sigma: NotNegative = 0.0


class LsvTable(_Table):
    """Sweep files of a sample."""

    files: Files
    reference: ReferenceTable | None = None
    area_cm2: Positive | None = None
    electrolyte_mg: Positive | None = None
    carbon_mg: Positive | None = None
    series_resistance_ohm: NotNegative | None = None


class ShellTable(_Table):
    """First shell of an edge; coordination only where it is known."""

    scatterer: str = "Cl"
    coordination: Positive | None = None
    structure: str | None = None


class XasTable(_Table):
    """Scans of a sample at one edge."""

    files: Files
    edge: Annotated[str, Field(pattern=EDGE)]
    mode: Literal["transmission", "fluorescence"] | None = None
    shell: ShellTable = ShellTable()


class SampleTable(_Table):
    """One sample."""

    id: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^/\\\x00-\x1f]+$")]
    label: str = ""
    series: str | None = None
    x_lcf: Annotated[float, Field(ge=0, le=1)] | None = None
    pellet: PelletTable | None = None
    phases: PhasesTable = PhasesTable()
    density_g_cm3: Positive | None = None
    molar_mass_g_mol: Positive | None = None
    eis: list[EisTable] = []
    lsv: list[LsvTable] = []
    xas: list[XasTable] = []


class ReviewTable(_Table):
    """A person's decision about one file."""

    file: str
    loop: Annotated[int, Field(ge=1)] | None = None
    arcs: Annotated[int, Field(ge=1, le=3)] | None = None
    mask_hz: list[tuple[Positive, Positive]] = []
    exclude: bool = False
    note: str = ""
    by: str = ""


class StudyTable(_Table):
    """The whole file."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    name: str
    raw: str = "raw"
    simulated: bool = False
    sample: Annotated[list[SampleTable], Field(min_length=1)]
    xas_reference: dict[str, str] = {}
    computed_window_v_vs_na: dict[str, Annotated[tuple[float, float], AfterValidator(_rising)]] = {}
    settings: dict[str, Any] = {}
    review: list[ReviewTable] = []
