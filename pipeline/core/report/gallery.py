"""The figures of a report: numbered in the order of the page, shown in it as far as its size allows, all kept as files."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.blocks import Picture, Prose
from pipeline.core.report.canvas import Drawing
from pipeline.core.report.drawn import Drawn
from pipeline.core.report.text import file_stem

MAX_INLINE_BYTES = 8_000_000
"""SVG in the page, before base64: a study of twenty pellets fits, and a browser still opens the page at once."""


@dataclass(slots=True)
class Gallery:
    """What has been drawn so far."""

    simulated: bool
    drawn: Drawn = field(default_factory=Drawn)
    drawings: list[Drawing] = field(default_factory=list)
    inline_bytes: int = 0
    taken: dict[str, set[str]] = field(default_factory=dict)

    def stem(self, folder: str, name: str) -> str:
        """A path below ``figures/`` that no figure has yet, free of signs that a file system refuses."""
        return f"{folder}/{file_stem(name, self.taken.setdefault(folder, set()))}"

    def show(
        self, what: str, make: Callable[..., Drawing | None], name: str, *args: Any, folded: bool = False
    ) -> tuple[Picture | Prose, ...]:
        """The picture of ``make(name, *args)`` for the page; empty where there is nothing to draw.

        A fault in one figure must not cost the report: it is said in the picture's place.
        """
        try:
            drawing = self.drawn.draw(make, name, *args, simulated=self.simulated)
        except Exception as error:  # shown, never hidden
            if os.environ.get("HSE_DEBUG"):
                raise
            words = f"{what} could not be drawn: {type(error).__name__}: {error} (a fault of the pipeline; HSE_DEBUG=1 shows where)"
            return (Prose(paragraphs=(words,)),)
        return () if drawing is None else (self.hang(drawing, folded=folded),)

    def hang(self, drawing: Drawing, *, folded: bool = False) -> Picture:
        """Keep a drawing and make its picture: inline, or a link alone once the page is full."""
        self.drawings.append(drawing)
        inline = self.inline_bytes + len(drawing.svg) <= MAX_INLINE_BYTES
        if inline:
            self.inline_bytes += len(drawing.svg)
        data = base64.b64encode(drawing.svg).decode() if inline else ""
        return Picture(
            number=len(self.drawings),
            source=f"data:image/svg+xml;base64,{data}" if inline else "",
            alt=drawing.alt,
            caption=drawing.caption,
            files=drawing.paths,
            width_in=drawing.width_in,
            folded=folded,
        )
