"""One measurement in several files: which stands for it, what is told of the others, and of two samples that share one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.values import Finding
from pipeline.techniques.impedance.model import SpectrumFit
from pipeline.techniques.impedance.rows import Copy
from pipeline.techniques.impedance.summarize.copies import list_copies, tell_copies, tell_shared
from tests.synthetic_run import spectrum_fit


def fit(file: str, kelvin: float | None = 250.0, loop: int = 1, factor: float = 1.0) -> SpectrumFit:
    """The same numbers for one factor."""
    made = spectrum_fit("A", 250.0, file=file, loop=loop)
    spectrum = made.checked.spectrum
    changed = replace(spectrum, temperature_k=kelvin, impedance_ohm=factor * spectrum.impedance_ohm)
    return replace(made, checked=replace(made.checked, spectrum=changed))


@pytest.mark.parametrize(
    ("first", "second", "other"),
    [(250.0, 250.0, False), (250.0, 260.0, True), (250.0, None, False), (None, None, False)],
)
def test_copies_of_each_sample(first: float | None, second: float | None, other: bool) -> None:
    spectra = (
        ("A", fit("a", first, 2)),
        ("B", fit("b", 270.0)),
        ("A", fit("x", 280.0, factor=1.3)),
        ("A", fit("c", second, 3)),
    )
    (found,) = list_copies(spectra)
    assert found == Copy(sample="A", file="c", loop=3, copy_of="a", copy_of_loop=2, other_temperature=other)
    assert list_copies(spectra[:3]) == ()


HINT = "take the copy out of the study"


def test_what_is_told_of_a_copy() -> None:
    copy = Copy(sample="A", file="c", loop=3, copy_of="a", copy_of_loop=2)
    text = "is the same measurement as a (loop 2): it counts once"
    other = f"{text}, at the temperature of that file; this one is said to be at another"
    first = text.replace(" (loop 2)", "")
    assert list(tell_copies([copy, replace(copy, other_temperature=True), replace(copy, copy_of_loop=1)])) == [
        ("c", Finding(severity="info", field="file", problem=text, hint=HINT, code="copy")),
        ("c", Finding(severity="warning", field="file", problem=other, hint=HINT, code="copy_other_temperature")),
        ("c", Finding(severity="info", field="file", problem=first, hint=HINT, code="copy")),
    ]


def test_one_measurement_in_two_samples_is_told_of_the_second() -> None:
    spectra = [("A", fit("a")), ("A", fit("again")), ("B", fit("x", factor=1.3)), ("B", fit("b")), ("C", fit("c"))]
    hint = "give it to the sample that it was measured on"
    told = [
        (name, Finding(severity="warning", field="file", problem=text, hint=hint, code="shared"))
        for name, text in (
            ("b", "is the same measurement as a of sample A"),
            ("c", "is the same measurement as a of sample A"),
        )
    ]
    assert list(tell_shared(spectra)) == told
    empty = spectra[0][1]
    bare = replace(empty.checked.spectrum, frequency_hz=np.zeros(0), impedance_ohm=np.zeros(0, complex))
    nothing = replace(empty, checked=replace(empty.checked, spectrum=bare, keep=()))
    assert list(tell_shared([("A", nothing), ("B", fit("b"))])) == []
