"""The same results give the same bytes: in one process, and with another order of sets and dictionaries."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from pipeline.core.report.write import report_files
from tests.synthetic_run import small_run

CODE = """
import hashlib, sys
from pipeline.core.report.write import report_files
from tests.synthetic_run import small_run
for name, data in report_files(small_run()).items():
    print(hashlib.sha256(data).hexdigest(), name)
"""


def test_bytes_hang_on_the_results_alone(repo: Path):
    here = [f"{hashlib.sha256(data).hexdigest()} {name}" for name, data in report_files(small_run()).items()]
    env = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(repo), "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=repo, env=env, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout.splitlines() == here


def test_the_report_is_imported_without_its_libraries(repo: Path):
    code = "import sys, pipeline.core.report; print([m for m in ('matplotlib', 'jinja2', 'pandas', 'pyarrow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=repo, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
