"""What a file is: every technique is asked, and the one with the best evidence answers."""

from __future__ import annotations

from pipeline.core.registry import techniques
from pipeline.core.sample import RawFile, Recognition

KINDS = ("companion", "other", "unknown")
"""What is no technique's file, in the order in which the answers count."""
CONFIDENCE = ("certain", "likely", "guess")


def recognise(raw: RawFile) -> Recognition:
    """What a file is, on which evidence, and how sure. Never raises for bad content: that is a finding's or a reader's word.

    An answer that names a technique counts before those that name none; then the surer one; then the technique's rank.  Of those
    that only say why the file is unknown the last counts: it knows what the others have tried.
    """
    answers = [a for t in techniques().values() if (a := t.recognise(raw)) is not None]
    if answers and all(a.technique == "unknown" for a in answers):
        return answers[-1]
    unknown = Recognition(file=raw.name, technique="unknown", format="unknown", confidence="guess")
    return min(answers, key=_place, default=unknown)


def _place(known: Recognition) -> tuple[int, int]:
    kind = KINDS.index(known.technique) + 1 if known.technique in KINDS else 0
    return kind, CONFIDENCE.index(known.confidence)
