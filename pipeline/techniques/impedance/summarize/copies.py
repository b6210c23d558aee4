"""Spectra that are one measurement in several files: which counts, and what a person should know of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.core.values import Finding
from pipeline.techniques.impedance.copies import find_copies, is_same
from pipeline.techniques.impedance.model import SpectrumFit
from pipeline.techniques.impedance.rows import Copy


def list_copies(spectra: Sequence[tuple[str, SpectrumFit]]) -> tuple[Copy, ...]:
    """Copies within each sample, in the order of the summary; ``spectra`` are (sample, fit)."""
    mine: dict[str, list[SpectrumFit]] = {}
    for sample, fit in spectra:
        mine.setdefault(sample, []).append(fit)
    out: list[Copy] = []
    for sample, fits in mine.items():
        measured = [f.checked.spectrum for f in fits]
        for i, kept in sorted(find_copies(measured).items()):
            a, b = measured[i], measured[kept]
            known = a.temperature_k is not None and b.temperature_k is not None
            out.append(
                Copy(
                    sample=sample,
                    file=a.source.file,
                    loop=a.loop,
                    copy_of=b.source.file,
                    copy_of_loop=b.loop,
                    other_temperature=known and a.temperature_k != b.temperature_k,
                )
            )
    return tuple(out)


def tell_copies(copies: Sequence[Copy]) -> Iterator[tuple[str, Finding]]:
    """A finding for each: a copy is left out of lines and key numbers, and one with another temperature is a mistake."""
    for c in copies:
        loop = f" (loop {c.copy_of_loop})" if c.copy_of_loop > 1 else ""
        problem = f"is the same measurement as {c.copy_of}{loop}: it counts once"
        if c.other_temperature:
            problem += ", at the temperature of that file; this one is said to be at another"
        yield (
            c.file,
            Finding(
                severity="warning" if c.other_temperature else "info",
                field="file",
                problem=problem,
                hint="take the copy out of the study",
                code="copy_other_temperature" if c.other_temperature else "copy",
            ),
        )


def tell_shared(spectra: Sequence[tuple[str, SpectrumFit]]) -> Iterator[tuple[str, Finding]]:
    """One measurement in two samples: both keep it, as nobody can say whose it is."""
    first: dict[tuple[int, int], list[tuple[str, SpectrumFit]]] = {}
    for sample, fit in spectra:
        s = fit.checked.spectrum
        size = abs(complex(s.impedance_ohm[0])) if s.impedance_ohm.size else 0.0
        near = first.setdefault((s.frequency_hz.size, round(size).bit_length()), [])
        other = next((o for o in near if o[0] != sample and is_same(o[1].checked.spectrum, s)), None)
        near.append((sample, fit))
        if other is not None:
            problem = f"is the same measurement as {other[1].checked.spectrum.source.file} of sample {other[0]}"
            hint = "give it to the sample that it was measured on"
            yield s.source.file, Finding(severity="warning", field="file", problem=problem, hint=hint, code="shared")
