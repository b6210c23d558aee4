"""Text tables as the techniques see them: columns by role in SI units.

Columns get their role, sign and unit from the header above the numbers; the study can override all of it.
"""

from __future__ import annotations

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Source
from pipeline.core.values import Finding
from pipeline.instruments.text.roles import Role
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.instruments.text.table import TextTable
from pipeline.instruments.text.vendors import vendor_format


def roles_of(table: TextTable, settings: DelimitedSettings) -> dict[Role, int]:
    """Column of each role (of columns with one role the first); without a header by the stated rule."""
    if settings.columns:
        return {role: i for i, role in enumerate(settings.columns) if role != "-"}  # type: ignore[misc]
    found: dict[Role, int] = {}
    for i, name in enumerate(table.names):
        if name.role is not None:
            found.setdefault(name.role, i)
    if not table.named and table.values.shape[1] >= 3:
        return {"frequency": 0, "re": 1, "im": 2}
    return found


def require_columns(raw: RawFile, table: TextTable, role: dict[Role, int]) -> None:
    """Raise a ReadError where the study names a column that the table has not."""
    if max(role.values()) >= table.values.shape[1]:
        problem = f"{max(role.values()) + 1} are named in the settings, the table has {table.values.shape[1]}"
        raise ReadError(source=raw.name, field="columns", problem=problem, hint="[settings.eis.read] columns")


def curves_beside(table: TextTable, index: int) -> tuple[Finding, ...]:
    """A warning where the column stands in the table again under the same name: curves side by side."""
    same = sum(n.text == table.names[index].text for n in table.names)
    if same < 2 or not table.named:
        return ()
    problem = f"{same} curves side by side (columns named {table.names[index].text}): only the first is read"
    hint = "export one file for each curve"
    return (Finding(severity="warning", field="columns", problem=problem, hint=hint),)


def si_column(table: TextTable, index: int) -> FloatArray:
    """Numbers of a column in SI."""
    return np.asarray(table.values[:, index] * table.names[index].factor)


def source_of(raw: RawFile, table: TextTable) -> Source:
    """Where the table came from and how its columns were told."""
    decimal = ", decimal comma" if table.decimal_comma else ""
    evidence = f"table of {table.values.shape[0]} rows, separated by {table.delimiter}{decimal}, " + (
        f"columns named {table.shown}" if table.named else "no header"
    )
    return Source(file=raw.name, format=vendor_format(raw), evidence=evidence)
