"""Constants: the digits that CODATA prints, and no second copy of them in the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pipeline
from pipeline.science import constants as c


def test_constants_have_the_digits_of_codata():
    assert pytest.approx(8.617333262e-5, rel=1e-10) == c.KB_EV_PER_K
    assert pytest.approx(8.8541878188e-12, rel=1e-9) == c.EPS0_F_PER_M
    assert pytest.approx(12398.41984, rel=1e-9) == c.HC_EV_ANGSTROM
    assert pytest.approx(3.80998211, rel=1e-9) == c.EV_PER_K2
    assert pytest.approx(1) == c.K2_PER_EV * c.EV_PER_K2
    assert (c.ZERO_CELSIUS_K, c.T_25C_K) == (273.15, 298.15)


def test_no_constant_is_written_twice():
    package = Path(pipeline.__file__).parent
    digits = re.compile(r"8\.6173|8\.8541|12398\.4|12\.3984|3\.8099|0?\.26246|\b(273|298)\.15\b")
    files = [f for f in package.rglob("*.py") if f.relative_to(package).parts[0] not in ("core", "cli.py")]
    code = {f: re.sub(r'""".*?"""', "", f.read_text(encoding="utf-8"), flags=re.DOTALL) for f in files}
    assert [str(f.relative_to(package)) for f, text in code.items() if digits.search(text)] == []
