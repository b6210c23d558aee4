"""How many changes of one line the tests notice: a seeded sample of cosmic-ray's mutants of what turns fits into printed numbers.

    python benchmarks/mutation.py [ROOM ...] [--sample 40] [--seed 1]   (pip install cosmic-ray)

Modules: summarize, results, verdicts, rows and key tables of every room; each mutant runs the tests that mirror its room, in a copy
of the repository.  Prints the share that survives and each survivor, to be read one by one: one that changes no meaning is no loss.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
NOT_MEANT = ("core/NumberReplacer", "core/ExceptionReplacer", "core/ReplaceBinaryOperator_BitOr_")
"""Numbers in unit strings and bounds, types of exceptions, and the | of annotations: noise."""
BESIDE = {
    "impedance": "contracts/test_table_rows.py physics/test_arrhenius.py physics/test_composition.py physics/test_regions.py "
    "physics/test_room_temperature.py physics/test_error_budget.py physics/test_totals.py physics/test_series.py",
    "sweeps": "contracts/test_table_rows.py physics/test_sweeps.py",
    "absorption": "contracts/test_table_rows_absorption.py physics/test_shell_fits.py physics/test_distortion.py",
    "cycling": "physics/test_cycling.py",
    "surfaces": "physics/test_surfaces.py",
}
"""Tests of a room beside those that mirror it."""


def modules(room: Path) -> list[Path]:
    """What a mutant is made of."""
    wanted = ("summarize", "result", "verdict", "rows", "key.py", "headline", "facts")
    return sorted(
        p for p in room.rglob("*.py") if any(w in p.relative_to(room).as_posix() for w in wanted) and p.stat().st_size
    )


def main() -> None:
    from cosmic_ray.commands.init import _all_work_items
    from cosmic_ray.mutating import mutate_and_test
    from cosmic_ray.work_item import TestOutcome

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", default=list(BESIDE))
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    copy = Path(tempfile.mkdtemp(prefix="hse-mutants-")) / "repo"
    shutil.copytree(REPO, copy, ignore=shutil.ignore_patterns(".git", ".venv*", "results", "__pycache__"))
    os.chdir(copy)
    for room in args.rooms:
        found = modules(copy / "pipeline/techniques" / room)
        items = [i for i in _all_work_items(found, {}) if not i.mutations[0].operator_name.startswith(NOT_MEANT)]
        chosen = random.Random(args.seed).sample(items, min(args.sample, len(items)))
        tests = " ".join([f"tests/unit/techniques/{room}", *(f"tests/{name}" for name in BESIDE[room].split())])
        command = f"{sys.executable} -m pytest -x -q -n 0 -p no:cacheprovider {tests}"
        subprocess.run(command.split(), check=True, stdout=sys.stderr)  # a failing test would kill every mutant
        survivors = []
        for n, item in enumerate(chosen, start=1):
            outcome = mutate_and_test(item.mutations, command, 300)
            if outcome.test_outcome == TestOutcome.SURVIVED:
                survivors.append((item, outcome.diff))
            print(f"\r{room}: {n} of {len(chosen)}, {len(survivors)} survived", end="", file=sys.stderr)
        print(
            f"\n{room}: {len(survivors)} of {len(chosen)} survive ({len(survivors) / len(chosen):.0%}); {len(items)} in all"
        )
        for item, diff in survivors:
            m = item.mutations[0]
            print(f"--- {Path(m.module_path).relative_to(copy)}:{m.start_pos[0]} {m.operator_name}")
            print(
                "\n".join(
                    line for line in (diff or "").splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
                )
            )
    shutil.rmtree(copy.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
