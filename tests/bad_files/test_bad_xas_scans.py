"""Raw bytes through reading, check and reduction: what is mended gives the same result, what is wrong one clear line."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.flow import reduce_unit
from pipeline.core.sample import RawFile
from pipeline.core.technique import Record, Settings, Work
from pipeline.techniques.absorption.model import EdgeRow, ReducedAbsorption
from pipeline.techniques.absorption.settings import ReduceSettings, XasCheckSettings, XasReadSettings
from pipeline.techniques.absorption.technique import TECHNIQUE

K2, E0 = 0.26246829, 9881.0
REDUCE = ReduceSettings(align="none")


def spectrum(e0: float = E0, k_end: float = 14.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    e = np.concatenate([np.arange(e0 - 200, e0 - 30, 6), np.arange(e0 - 30, e0 + 40, 0.5)])
    e = np.concatenate([e, e0 + np.arange(3.25, k_end, 0.05) ** 2 / K2])
    k = np.sqrt(K2 * np.clip(e - e0, 0, None))
    chi = 0.4 * np.exp(-0.007 * k**2) * np.sin(4.76 * k + 0.5) / (1 + 0.3 * k) * (k > 1.5)
    mu = 0.8 + 0.5 + np.arctan((e - e0) / 2.2) / np.pi + np.exp(-0.5 * ((e - e0 - 2) / 2.3) ** 2) + chi
    return e, mu + 3e-4 * np.random.default_rng(seed).standard_normal(e.size)


def write(e: np.ndarray, mu: np.ndarray, *, sign: float = -1.0, name: str = "a.dat") -> RawFile:
    i0 = 1e5 + 0 * e
    rows = "\n".join(f"{a:.6f} {b:.8g} {b * np.exp(sign * m):.8g}" for a, b, m in zip(e, i0, mu, strict=True))
    data = f"# energy i0 i1\n{rows}\n".encode()
    return RawFile(name=name, data=data, size=len(data))


def run(*files: RawFile, reduce: ReduceSettings = REDUCE) -> Record[ReducedAbsorption]:
    names = tuple(f.name for f in files)
    row = EdgeRow(name="LCF-Ta Ta L3", sample="LCF-Ta", files=names, element="Ta", edge="L3", mode="transmission")
    settings = Settings((XasReadSettings(), XasCheckSettings(), reduce))
    return reduce_unit(
        TECHNIQUE.chain, Work(row=row, settings=settings), dict(zip(names, files, strict=True)).__getitem__
    )


def test_order_unit_and_holes_of_the_energy_do_not_change_the_result():
    e, mu = spectrum()
    (clean,) = run(write(e, mu)).results
    holes = e.copy()
    holes[[5, 250]] = np.nan
    for changed in (write(e[::-1], mu[::-1]), write(e / 1e3, mu), write(holes, mu)):
        (r,) = run(changed).results
        assert r.e0_ev == pytest.approx(clean.e0_ev, abs=0.05)
        n = min(r.chi.size, clean.chi.size)
        np.testing.assert_allclose(r.chi[40:n], clean.chi[40:n], atol=3e-3)


def test_repeated_energies_are_averaged():
    e, mu = spectrum()
    twice = np.sort(np.concatenate([e, e[100:110]]))
    (clean,), (r,) = run(write(e, mu)).results, run(write(twice, np.interp(twice, e, mu))).results
    assert r.energy_ev.size == clean.energy_ev.size
    np.testing.assert_allclose(r.chi, clean.chi, atol=1e-6)


def test_a_bad_scan_does_not_stop_the_others():
    e, mu = spectrum()
    wrong = write(*spectrum(10207.0), name="w.dat")
    empty = RawFile(name="empty.dat", data=b"", size=0)
    record = run(write(e, mu), wrong, empty, write(*spectrum(seed=2), name="b.dat"))
    assert [r.file for r in record.rejected] == ["w.dat", "empty.dat"]
    assert "W L3" in record.rejected[0].problem
    (r,) = record.results
    assert [u.file for u in r.scans] == ["a.dat", "b.dat"]


@pytest.mark.parametrize(
    ("file", "settings", "field", "words"),
    [
        (write(*spectrum(), sign=1.0), {}, "mode", "fluorescence data taken for transmission?"),
        (write(*(a[60:] for a in spectrum(9700.0))), {}, "edge", "no rise at Ta L3"),
        (write(spectrum()[0], 0 * spectrum()[0]), {}, None, None),
        (write(*spectrum()), {"reduce": ReduceSettings(norm1_ev=2000.0)}, "mu", "points between"),
    ],
)
def test_one_line_with_file_field_problem_and_hint(file, settings, field, words):
    record = run(file, **settings)
    assert not record.results
    (row,) = record.rejected
    assert row.file == "a.dat"
    assert row.problem
    assert row.hint
    assert "\n" not in row.problem
    if field:
        assert row.field == field
        assert words in row.problem


@pytest.mark.parametrize(
    ("file", "settings", "words"),
    [
        (write(*spectrum(k_end=4.5)), {}, "no EXAFS"),
        (write(*spectrum()), {"reduce": ReduceSettings(k_min=12.0)}, "usable from 12.0 to"),
    ],
)
def test_a_scan_without_exafs_keeps_its_edge_and_says_so_in_one_line(file, settings, words):
    record = run(file, **settings)
    assert [type(r).__name__ for r in record.results] == ["Xanes"]
    assert not record.rejected
    (told,) = [f for _, f in record.findings if f.code == "no_exafs"]
    assert words in told.problem
    assert told.hint
