"""Neware's text export in three layers: a line for each cycle, below it a line for each step, below it the records.

Three header lines stand first, each further to the right than the one above.  The first step of a cycle stands behind the
cycle on the same line.  Number and kind of the step are written beside every record of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

STEP, KIND = "Step Number", "Step Type"
ADDED = ("Cycle Index", STEP, KIND)


def is_layered(head: Sequence[Sequence[str]]) -> bool:
    """True where the first three lines begin one field further to the right each."""
    if len(head) < 4:
        return False
    starts = [next((i for i, c in enumerate(row) if c.strip()), -1) for row in head[:3]]
    return starts == [0, 1, 2] and any(c.strip() == STEP for c in head[1]) and any(c.strip() == KIND for c in head[1])


def flatten_layers(rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """The header of the records, then the records, each with the cycle and the step that it belongs to in front."""
    lines = iter(rows)
    head = [next(lines) for _ in range(3)]
    n_cycle = sum(1 for c in head[0] if c.strip())
    steps = [c.strip() for c in head[1][1:]]
    number, kind = steps.index(STEP), steps.index(KIND)
    yield [*ADDED, *("Step Time" if c.strip() == "Time" else c for c in head[2][2:])]
    now = ["", "", ""]
    for row in lines:
        if len(row) > 2 and not row[0] and not row[1]:
            yield [*now, *row[2:]]
            continue
        if row and row[0].strip():
            now = [row[0].strip(), now[1], now[2]]
            step = row[n_cycle:]
        else:
            step = row[1:]
        if len(step) > max(number, kind):
            now = [now[0], step[number].strip(), step[kind].strip()]
