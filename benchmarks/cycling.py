"""Cells against their number, and one long test: time of reading and reducing, of the summary and its tables, and memory.

    python benchmarks/cycling.py [--cells 10 30 100] [--rows 1000000]

Each cell is a LAND text of 30 cycles in whole seconds (tests/synthetic_cycling.py); three cells make a sample.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.core.technique import Results
from pipeline.techniques.cycling.model import CellInfo, CellTest
from pipeline.techniques.cycling.report.rows import cycling_tables
from pipeline.techniques.cycling.settings import CompareSettings
from pipeline.techniques.cycling.summarize import summarize_cells
from tests.synthetic_cycling import MASS_MG, csv_seconds, paper_cell, record, reduce_cell, rest

CELL = CellInfo(active_mass_mg=MASS_MG, active_mass_sigma_mg=0.06, nominal_mah_per_g=120.0)
CELLS_OF_A_SAMPLE = 3


def many(numbers: list[int]) -> None:
    """Seconds of processor time for so many cells."""
    data = csv_seconds(record([*paper_cell(30), rest()], every=600))
    reduce_cell(data, cell=CELL)
    for n in numbers:
        start = time.process_time()
        cells: list[tuple[str, CellTest]] = [
            (f"S{i // CELLS_OF_A_SAMPLE:03d}", reduce_cell(data + b" " * i, f"{i}.csv", CELL)) for i in range(n)
        ]
        reduced = time.process_time()
        summed = summarize_cells(Results(samples=(), fitted=tuple(cells), joined=()), CompareSettings())
        tables = cycling_tables(summed.summary)
        done = time.process_time()
        print(
            f"{n} cells: {(reduced - start) / n * 1e3:.1f} ms a cell; summary and tables "
            f"{(done - reduced) / n * 1e3:.1f} ms a cell, {len(tables['cycling_differences'].rows)} differences"
        )


def one_long(rows: int) -> None:
    """One test with so many rows."""
    pieces = paper_cell(101)
    every = max(1, round(sum(p.seconds for p in pieces) / rows))
    made = record(pieces, every=every)
    data = csv_seconds(made)
    n, size = len(made.index), len(data)
    del made
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    reduce_cell(data, cell=CELL)
    spent = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{n} rows, {size / 1e6:.0f} MB: {spent:.1f} s; memory {peak / 1024:.0f} MB, {before / 1024:.0f} before")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, nargs="*", default=[10, 30, 100])
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    many(given.cells)
    one_long(given.rows)


if __name__ == "__main__":
    main()
