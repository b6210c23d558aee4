"""What a file is and what is wrong with it, without a study and without a fit: ``hse check``.

    raw bytes -> recognise -> read -> check -> findings of each measurement

The first two arrows of ``flow.py`` at the instrument: the same readers and checks, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.sample import RawFile, Recognition
from pipeline.core.values import Finding

Settings = Mapping[str, Any]


def inspect_file(raw: RawFile, settings: Settings) -> tuple[Recognition, list[list[Finding]]]:
    """What a file is, and what is wrong with each of its measurements, without a study and without a fit.

    A file that holds no measurement has one list, with what was found while reading it; a refusal is a finding of severity
    ``error``.
    """
    from pipeline.core.recognition import recognise

    known = recognise(raw)
    try:
        return known, list(_inspect(raw, known, settings)) or [list(known.findings)]
    except PipelineError as error:
        return known, [[_refusal(error)]]


def _refusal(error: PipelineError) -> Finding:
    return Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint)


def _inspect(raw: RawFile, known: Recognition, settings: Settings) -> Iterator[list[Finding]]:
    """The findings of each measurement of the file; a check that refuses one is a finding of severity error."""
    judge: Callable[[Any], list[Finding]]
    if known.technique == "eis":
        from pipeline.techniques.impedance.check.spectrum import check_spectrum
        from pipeline.techniques.impedance.read.spectra import read_impedance

        measurements: Sequence[Any] = read_impedance(raw, settings["eis.read"])

        def judge(spectrum: Any) -> list[Finding]:
            checked = check_spectrum(spectrum, settings["eis.check"])
            masks = [f"{len(m.indices)} point(s) left out: {m.reason}" for m in checked.masks]
            notes = [Finding(severity="info", field="mask", problem=problem) for problem in masks]
            if checked.kk.level == "pass":
                problem = f"pass: {checked.kk.reason}"
                notes.append(Finding(severity="info", field="kramers_kronig", problem=problem))
            return [*spectrum.findings, *checked.findings, *notes]

    elif known.technique == "lsv":
        from pipeline.techniques.sweeps.check.sweep import check_sweep
        from pipeline.techniques.sweeps.model import SweepConditions
        from pipeline.techniques.sweeps.read import read_sweeps

        measurements = read_sweeps(raw, settings["eis.read"])

        def judge(sweep: Any) -> list[Finding]:
            parts = check_sweep(sweep, SweepConditions(), settings["lsv.check"])
            return [*sweep.findings, *(f for part in parts for f in part.findings)]

    elif known.technique == "xas":
        from pipeline.techniques.absorption.check.scan import check_scan
        from pipeline.techniques.absorption.read.scans import read_scans

        measurements = read_scans(raw, settings["xas.read"])

        def judge(scan: Any) -> list[Finding]:
            if scan.is_chi or not (scan.element and scan.edge):
                return list(scan.findings)
            checked = check_scan(scan, scan.element, scan.edge, None, settings["xas.check"])
            return [*scan.findings, *checked.findings]

    else:
        return
    for measurement in measurements:
        try:
            yield judge(measurement)
        except PipelineError as error:
            yield [_refusal(error)]
