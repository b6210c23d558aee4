"""Impedance by its declaration alone: one file from bytes to fit, its rows, what it recognises, its facts and key numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.flow import reduce_unit
from pipeline.core.raw_files import load_raw
from pipeline.core.sample import Pellet, RawFile, Sample
from pipeline.core.technique import Results, Settings, Work
from pipeline.core.values import Estimate, Fact, Verdict
from pipeline.techniques.impedance.model import ArrheniusFit, ImpedanceSummary, SpectrumFit
from pipeline.techniques.impedance.read.spectra import read_fixture
from pipeline.techniques.impedance.rows import Corrections, SpectrumReview, SpectrumRow
from pipeline.techniques.impedance.summarize.facts import list_facts
from pipeline.techniques.impedance.summarize.headline import headline_line
from pipeline.techniques.impedance.technique import TECHNIQUE

NAME = "eis/HSE-La_25C.mpt"
PELLET = Pellet(thickness_m=5.5e-4, diameter_m=0.01, thickness_sigma_m=1e-5)
GOOD = Verdict(level="resolved", reason="known to 1 %")
SHORT = "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n" + "\n".join(f"{10**e:g},0.4,{-1e-9 * 10**e:g}" for e in range(8, -3, -1))


def defaults(classes: Mapping[str, type[object]]) -> Settings:
    return Settings(tuple(cls() for cls in classes.values()))


def work(row: SpectrumRow, beside: Mapping[str, RawFile | ReadError] | None = None) -> Work[SpectrumRow]:
    return Work(row=row, settings=defaults(TECHNIQUE.chain.settings), beside=beside or {})


def row(**fields) -> SpectrumRow:
    return SpectrumRow(**{"name": NAME, "sample": "HSE-La", "files": (NAME,), "temperature_k": 298.15, **fields})


def text_file(text: str, name: str = "short.csv") -> RawFile:
    return RawFile(name=name, data=text.encode(), size=len(text))


@pytest.fixture
def raw(repo: Path) -> RawFile:
    return load_raw(repo / "raw_examples/raw" / NAME, NAME)


def run(raw: RawFile, unit: Work[SpectrumRow]) -> list[SpectrumFit]:
    chain = TECHNIQUE.chain
    return [
        fit
        for m in chain.read(raw, unit)
        for checked in [list(chain.check(m, unit))]
        for fit in chain.fit(checked, unit)
    ]


def test_a_file_from_bytes_to_fit(raw):
    corrections = Corrections(
        contact_resistance_ohm=0.5
    )  # as raw_examples/truth.json says, and the total is without it
    (fit,) = run(raw, work(row(temperature_origin="study", corrections=corrections)))
    spectrum = fit.checked.spectrum
    assert (spectrum.temperature_k, spectrum.temperature_origin, spectrum.source.file) == (298.15, "study", NAME)
    assert fit.total_resistance.value == pytest.approx(40.3193, rel=2e-3)
    record = reduce_unit(TECHNIQUE.chain, work(row()), lambda name: raw)
    assert (record.n_measurements, len(record.results), record.rejected) == (1, 1, ())


def test_a_point_that_the_fit_leaves_out_is_in_the_record_with_its_reason():
    """Re of the fastest point of one arc, a twentieth of |Z|, falls to a fifth: only the circuit of the others sees it."""
    f = np.geomspace(1e6, 1.0, 37)
    z = 1e4 / (1 + (2j * np.pi * f * 1e-5) ** 0.95)
    rng = np.random.default_rng(2)
    z = z + 0.003 * np.abs(z) * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))
    z[0] -= 0.8 * z.real[0]
    lines = [f"{a:.6e},{b:.6e},{c:.6e}" for a, b, c in zip(f, z.real, z.imag, strict=True)]
    raw = text_file("\n".join(["freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", *lines]))
    record = reduce_unit(TECHNIQUE.chain, work(row()), lambda name: raw)
    assert [(m.file, m.mask.indices, m.mask.code) for m in record.masks] == [(NAME, (0,), "wild_point")]
    assert "circuit" in record.masks[0].mask.reason
    assert any("circuit" in f.problem for _, f in record.findings if f.code == "wild_point")


def test_decisions_of_a_person_and_the_contact_reach_the_fit(raw):
    plain = run(raw, work(row()))[0]
    reviews = (
        SpectrumReview(file=NAME, arcs=1, mask_hz=((2e6, 1e6),), note="cable", by="A. N."),
        SpectrumReview(file=NAME, loop=2, arcs=3, note="of another spectrum"),
    )
    corrections = Corrections(contact_resistance_ohm=0.5, contact_resistance_sigma_ohm=0.3)
    (fit,) = run(raw, work(row(reviews=reviews, corrections=corrections)))
    assert fit.n_arcs == 1
    assert any("left out by a person: 1e+06 to 2e+06 Hz" in m.reason for m in fit.checked.masks)
    assert [f.problem for f in fit.findings if f.field == "review"] == ["cable (by A. N.)"]
    assert fit.total_resistance.sigma > 0.3 > plain.total_resistance.sigma
    assert reviews[0].decision() == {"arcs": 1, "mask_hz": "1e+06 to 2e+06"}
    assert SpectrumReview(file=NAME, exclude=True).decision() == {}


def test_without_a_temperature_a_spectrum_is_fitted_and_says_so(raw):
    unit = work(row(temperature_k=None))
    (spectrum,) = TECHNIQUE.chain.read(raw, unit)
    checked = list(TECHNIQUE.chain.check(spectrum, unit))
    told = [str(f) for part in checked for f in TECHNIQUE.chain.notes(part)]
    assert len(told) == 1
    assert told[0].startswith("info: kramers_kronig: pass: ")
    (fit,) = TECHNIQUE.chain.fit(checked, unit)
    (known,) = run(raw, work(row()))
    assert fit.total_resistance == known.total_resistance
    assert [f.severity for f in fit.findings if f.code == "temperature_not_known"] == ["warning"]
    summed = TECHNIQUE.summing.summarize(
        Results(samples=(Sample(id="A", pellet=PELLET),), fitted=(("A", fit),), joined=()),
        defaults(TECHNIQUE.summing.settings),
    )
    numbers = {f.quantity: f for f in summed.facts}
    assert numbers["total_resistance"].conditions == {"temperature_K": "not known"}
    total = numbers["total_resistance"]
    assert total.value.value == fit.total_resistance.value
    assert (total.details["sigma_statistical"], total.details["sigma_systematic"]) == (fit.total_resistance.sigma, 0.5)
    assert total.value.sigma == pytest.approx(np.hypot(fit.total_resistance.sigma, 0.5))  # nobody gave the contacts
    area = np.pi * 0.01**2 / 4
    assert numbers["conductivity"].shown.value == pytest.approx(5.5e-4 / (area * fit.total_resistance.value))
    assert summed.summary.arrhenius == ()


def test_a_name_tells_the_temperature_where_neither_study_nor_file_does(raw):
    unit = work(row(temperature_k=None, named_temperature_k=253.15))
    (spectrum,) = TECHNIQUE.chain.read(raw, unit)
    (checked,) = TECHNIQUE.chain.check(spectrum, unit)
    assert (checked.spectrum.temperature_k, checked.spectrum.temperature_origin) == (253.15, "file name")
    recorded = replace(spectrum, temperature_k=251.0, temperature_origin="external input")
    (checked,) = TECHNIQUE.chain.check(recorded, unit)
    assert (checked.spectrum.temperature_k, checked.spectrum.temperature_origin) == (251.0, "external input")


def test_the_shorted_cell_is_taken_off_and_one_that_cannot_be_read_ends_the_file(raw):
    beside = {"short.csv": text_file(SHORT)}
    read_fixture.cache_clear()
    (fit,) = run(raw, work(row(short="short.csv", beside=("short.csv",)), beside))
    assert any("corrected by the measured short" in f.problem for f in fit.checked.findings)
    assert read_fixture.cache_info().misses == 1
    broken: dict[str, RawFile | ReadError] = {"short.csv": ReadError(source="short.csv", field="file", problem="gone")}
    with pytest.raises(ReadError, match="gone"):
        TECHNIQUE.chain.read(raw, work(row(short="short.csv"), broken))
    with pytest.raises(ReadError, match="no table of numbers"):
        TECHNIQUE.chain.read(raw, work(row(short="short.csv"), {"short.csv": text_file("just words\n" * 9)}))


def test_a_pellet_comes_after_its_phases_at_any_depth():
    samples = (
        Sample(id="C", crystalline_phase="B", amorphous_phase="A"),
        Sample(id="B", crystalline_phase="A", amorphous_phase="not measured"),
        Sample(id="A"),
        Sample(id="not measured"),
    )
    rows = [row(name=f"{s}.mpt", files=(f"{s}.mpt",), sample=s) for s in ("A", "B", "C")]
    groups = list(TECHNIQUE.joint[0].groups(rows, samples))
    assert [(g.name, g.after, len(g.rows), g.samples[0].id) for g in groups] == [
        ("C", ("B", "A"), 1, "C"),
        ("B", ("A",), 1, "B"),
        ("A", (), 1, "A"),
    ]


@pytest.mark.parametrize(
    ("name", "data", "technique", "temperature"),
    [
        ("a_-70C.csv", "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n1e6,10,1\n1e5,11,2\n1e4,12,3\n1e3,13,4\n", "eis", 203.15),
        ("a.mps", "EC-LAB SETTING FILE\n", "companion", None),
        ("a.mpt", "EC-Lab ASCII FILE\nNb header lines : 80\n", "other", None),
        ("a.txt", "just words\n" * 9, "unknown", None),
    ],
)
def test_what_it_recognises(name, data, technique, temperature):
    known = TECHNIQUE.recognise(text_file(data, name))
    assert (known.technique, known.temperature_k) == (technique, pytest.approx(temperature) if temperature else None)
    if technique in ("other", "unknown"):
        assert known.findings[0].severity == "error"
    alone = TECHNIQUE.alone(text_file(data, name), known)
    assert (alone.files, alone.temperature_k) == ((name,), known.temperature_k)


def test_sweeps_of_ec_lab_are_left_to_those_who_know_them(repo):
    name = "lsv/HSE-La_oxidation.mpt"
    assert TECHNIQUE.recognise(load_raw(repo / "raw_examples/raw" / name, name)) is None


def line(**fields) -> ArrheniusFit:
    known = {
        "sample": "A",
        "quantity": "total",
        "method": "single",
        "basis": "sigma_T",
        "activation_energy_ev": Estimate(value=0.34, sigma=0.004, unit="eV"),
        "t_ref_k": 250.0,
        "ln_value_at_t_ref": None,
        "ln_prefactor": None,
        "conductivity_25c_s_per_m": Estimate(value=0.27, sigma=0.005, unit="S/m"),
        "extrapolated": False,
        "n_points": 6,
        "n_left_out": 0,
        "t_min_k": 203.15,
        "t_max_k": 333.15,
        "kink_temperature_k": None,
        "second_activation_energy_ev": None,
        "correlation": 0.0,
        "verdict": GOOD,
    }
    return ArrheniusFit(**{**known, **fields})


def key_of(*lines: ArrheniusFit) -> tuple[dict, list[list]]:
    summary = ImpedanceSummary(samples=(Sample(id="A"),), arrhenius=lines)
    facts = list(list_facts(summary, ()))
    part = TECHNIQUE.report().key
    return part.row(facts), [list(column.cells(facts)) for column in part.shown]


def test_the_key_numbers_are_those_of_the_headline_line():
    series = line(method="series", activation_energy_ev=Estimate(value=0.5, sigma=0.1, unit="eV"))
    bulk, ln_sigma = line(quantity="bulk"), line(basis="sigma")
    found, (sigma, energy, *_) = key_of(series, bulk, ln_sigma, line(extrapolated=True))
    assert found["conductivity_25C_S_per_cm"] == pytest.approx(0.0027)
    assert (found["activation_energy_eV"], found["extrapolated"], found["conductivity_method"]) == (
        0.34,
        True,
        "single",
    )
    assert found["conductivity_verdict"] == "resolved"
    assert (sigma[0].line, sigma[0].notes) == ("2.700 ± 0.050 (extrapolated)", ("2.602 to 2.798",))
    assert (energy[0].text, energy[0].verdict) == ("0.3400 ± 0.0040", GOOD)
    assert headline_line(ImpedanceSummary(samples=(), arrhenius=(series,)), "A") is series


def test_a_kink_stands_below_the_energy_and_what_is_withheld_says_why():
    kink = {
        "kink_temperature_k": Estimate(value=243.2, sigma=3.0, unit="K"),
        "second_activation_energy_ev": Estimate(value=0.25, sigma=0.01, unit="eV"),
    }
    found, (_, energy, *_) = key_of(line(**kink))
    assert (found["second_activation_energy_eV"], found["kink_temperature_K"]) == (0.25, 243.2)
    assert energy[0].remark == "→ 0.250 ± 0.010 above 243 K"
    none = Verdict(level="unresolved", reason="two temperatures")
    found, (sigma, energy, *_) = key_of(line(verdict=none, **kink))
    assert "activation_energy_eV" not in found
    assert (found["conductivity_method"], found["conductivity_verdict"]) == ("single", "unresolved")
    assert (sigma[0].text, sigma[0].notes, energy[0].text, energy[0].notes) == ("—", ("two temperatures",), "—", ())


def test_without_geometry_there_is_an_energy_and_the_reason_for_no_conductivity():
    found, (sigma, energy, *_) = key_of(line(conductivity_25c_s_per_m=None))
    assert "conductivity_25C_S_per_cm" not in found
    assert (sigma[0].remark, energy[0].text) == ("(no pellet geometry)", "0.3400 ± 0.0040")
    assert key_of() == ({}, [[], [], [], []])


def measured(kelvin, ohm=None, level="resolved", repeat=None):
    at = {"temperature_K": kelvin} | ({"repeat": repeat} if repeat else {})
    verdict, value = Verdict(level=level, reason="why"), None
    if ohm is not None:
        value = Estimate(value=ohm, sigma=ohm / 100, unit="ohm")
    sigma = Estimate(value=0.7 / (ohm or 1.0), sigma=0.01 / (ohm or 1.0), unit="S/m")
    yield Fact(sample="A", quantity="total_resistance", value=value, verdict=verdict, conditions=at)
    yield Fact(sample="A", quantity="conductivity", value=sigma, verdict=verdict, conditions=at)


def test_without_a_line_the_measurement_nearest_to_25_c_stands_in_the_key_table_with_its_temperature():
    part = TECHNIQUE.report().key
    facts = [
        *measured("not known", 1.0),
        *measured(248.15, 1000.0),
        *measured(273.15, 100.0),
        *measured(297.15, None, "refused"),
    ]
    found = part.row(facts)
    assert (found["conductivity_temperature_K"], found["total_resistance_ohm"]) == (273.15, 100.0)
    assert found["conductivity_S_per_cm"] == pytest.approx(0.7e-4)
    assert found["total_verdict"] == "resolved"
    cells = {column.head: column.cells(facts) for column in part.shown}
    assert cells["σ measured / mS cm⁻¹"][0].line == "0.0700 ± 0.0010 (at 0.0 °C)"
    assert cells["R total"][0].line == "100.0 ± 1.0 Ω (at 0.0 °C)"
    unknown = list(measured("not known", 50.0))
    assert "conductivity_temperature_K" in part.row(unknown)
    assert part.row(unknown)["conductivity_temperature_K"] is None
    assert part.shown[3].cells(unknown)[0].line == "50.00 ± 0.50 Ω (temperature not known)"
    lost = part.shown[3].cells(list(measured(298.15, None, "unresolved")))[0]
    assert (lost.text, lost.verdict.level, lost.notes) == ("—", "unresolved", ("why",))


def scaled(fit: SpectrumFit, factor: float, **fields) -> SpectrumFit:
    """Another measurement: the same spectrum would be a copy."""
    spectrum = fit.checked.spectrum
    changed = replace(spectrum, impedance_ohm=factor * spectrum.impedance_ohm, **fields)
    return replace(fit, checked=replace(fit.checked, spectrum=changed))


def test_a_run_of_spectra_is_summed_in_the_order_of_study_and_temperature(raw):
    samples = (Sample(id="B", pellet=PELLET), Sample(id="A", pellet=replace(PELLET, mass_kg=1.2e-4)))
    cold, warm = (run(raw, work(row(temperature_k=t)))[0] for t in (203.15, 298.15))
    cold, again = scaled(cold, 30.0), scaled(warm, 1.001, loop=2)
    fitted = (("A", again), ("A", warm), ("A", cold), ("B", warm))
    summing = TECHNIQUE.summing
    summed = summing.summarize(Results(samples=samples, fitted=fitted, joined=()), defaults(summing.settings))
    order = [(s, f.checked.spectrum.temperature_k, f.checked.spectrum.loop) for s, f in summed.summary.spectra]
    assert order == [("B", 298.15, 1), ("A", 203.15, 1), ("A", 298.15, 1), ("A", 298.15, 2)]
    resistances = [(f.sample, dict(f.conditions)) for f in summed.facts if f.quantity == "total_resistance"]
    assert resistances == [
        ("B", {"temperature_K": 298.15}),
        ("A", {"temperature_K": 203.15}),
        ("A", {"temperature_K": 298.15}),
        ("A", {"temperature_K": 298.15, "repeat": 2}),
    ]
    assert_named_apart(summed.facts)
    assert {f.quantity for f in summed.facts if f.sample == "A"} >= {"conductivity", "density", "activation_energy"}
    report = TECHNIQUE.report()
    tables = report.tables(summed.summary)
    assert list(tables)[:5] == ["spectra", "arcs", "fit_parameters", "circuit_parameters", "second_opinions"]
    assert len(tables["spectra"].rows) == 4
    assert report.methods(summed.summary).paragraphs[0].startswith("Impedance. ")


def assert_named_apart(facts: Iterable[Fact]) -> None:
    names = [(f.sample, f.quantity, tuple(sorted(f.conditions.items()))) for f in facts]
    assert len(names) == len(set(names))


def test_a_doubted_geometry_weakens_the_conductivity_and_not_the_resistance(raw):
    sample = Sample(id="A", pellet=replace(PELLET, mass_kg=1.2e-3))
    fitted = tuple(("A", run(raw, work(row(temperature_k=t)))[0]) for t in (298.15,))
    summing = TECHNIQUE.summing
    summed = summing.summarize(Results(samples=(sample,), fitted=fitted, joined=()), defaults(summing.settings))
    levels = {f.quantity: f.verdict.level for f in summed.facts}
    assert (levels["total_resistance"], levels["conductivity"], levels["density"]) == ("resolved", "weak", "refused")
    assert [(name, f.field) for name, f in summed.findings] == [("A", "pellet"), ("A", "uncertainty")]


def test_a_measurement_in_two_files_counts_once_and_the_copy_is_named(raw):
    (fit,) = run(raw, work(row()))
    (again,) = run(
        replace(raw, name="other/copy.mpt"),
        work(row(name="other/copy.mpt", files=("other/copy.mpt",), temperature_k=None)),
    )
    results = Results(samples=(Sample(id="A", pellet=PELLET),), fitted=(("A", fit), ("A", again)), joined=())
    summed = TECHNIQUE.summing.summarize(results, defaults(TECHNIQUE.summing.settings))
    assert [(c.file, c.copy_of) for c in summed.summary.copies] == [("other/copy.mpt", NAME)]
    assert [f.conditions for f in summed.facts if f.quantity == "total_resistance"] == [{"temperature_K": 298.15}]
    found = [(subject, f.code) for subject, f in summed.findings]
    assert found == [("A", "error_budget"), ("other/copy.mpt", "copy")]
    rows = TECHNIQUE.report().tables(summed.summary)["spectra"].rows
    assert [r["copy_of"] for r in rows] == [NAME, ""]


def test_all_classes_of_a_summary_can_stand_in_a_record():
    from pipeline.core.records import decode, encode
    from pipeline.techniques.impedance.model import Copy, ErrorBudget

    copy = Copy(sample="A", file="b", loop=1, copy_of="a", copy_of_loop=1)
    budget = ErrorBudget(
        sample="A",
        geometry_relative=0.02,
        geometry_given=False,
        contact_ohm=0.5,
        contact_given=False,
        thermometer_k=0.5,
    )
    summary = ImpedanceSummary(samples=(Sample(id="A"),), copies=(copy,), budgets=(budget,))
    again = decode(encode(summary), ())
    assert (again.copies, again.budgets) == ((copy,), (budget,))
