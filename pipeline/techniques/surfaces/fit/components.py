"""How many species a spectrum holds, and which: by BIC, with the widths of one or of their own.

    BIC = chi^2 / c + p ln n,   c = max(1, chi^2 / dof of the richest model)

c keeps a misfit of the line shape, which no species mends, from asking for species (K. P. Burnham, D. R. Anderson,
Model Selection and Multimodel Inference, Springer (2002), section 2.5).  G. Schwarz, Ann. Stat. 6 (1978) 461; R. E.
Kass, A. E. Raftery, J. Am. Stat. Assoc. 90 (1995) 773: a difference of 6 is strong evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.techniques.surfaces.fit.peak_model import Line, Panel, Solution, peak_model, solve
from pipeline.techniques.surfaces.model import Attempt, CheckedSpectrum, SpectrumRow
from pipeline.techniques.surfaces.settings import LineSettings

CERTAIN_SIGMAS = 10.0
EDGE_EV = 0.3
"""An unnamed component stays this far from the ends of the window."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """The model that is kept, and what was tried."""

    solution: Solution
    left_out: tuple[Line, ...]
    """Named species that BIC does not ask for."""
    attempts: tuple[Attempt, ...]
    further_ev: float | None = None
    """Where one more species would be, if BIC asks for it beside those of the study."""


def panel_of(checked: CheckedSpectrum) -> Panel:
    """The spectrum as a fit sees it."""
    return Panel(energy_ev=checked.binding_ev, counts=checked.counts, noise=checked.noise)


def pair_of(
    row: SpectrumRow, splitting_ev: float | None, ratio: float, *, pair: bool = True
) -> tuple[float | None, float]:
    """Splitting and ratio of a species; the study's before the table's."""
    splitting = row.splitting_ev if row.splitting_ev is not None else splitting_ev
    return (splitting, ratio) if pair else (None, 1.0)


def named_lines(row: SpectrumRow, splitting_ev: float | None, ratio: float) -> tuple[Line, ...]:
    """The species of the study."""
    lines = []
    for w in row.wanted:
        splitting, weight = pair_of(row, splitting_ev, ratio, pair=w.pair)
        low, high = w.be_ev
        lines.append(
            Line(
                name=w.name,
                low_ev=low,
                high_ev=high,
                start_ev=(low + high) / 2,
                splitting_ev=splitting,
                ratio=weight,
                shape=w.shape,
            )
        )
    return tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    """What stays the same while models are tried."""

    panel: Panel
    row: SpectrumRow
    settings: LineSettings
    source: str

    def fit(self, lines: Sequence[Line], *, own_widths: bool) -> Solution | None:
        """The solution, None where the data do not determine it."""
        model = peak_model(
            (self.panel,), lines, background=self.row.background, shape=self.row.shape,
            own_widths=own_widths, settings=self.settings,
        )  # fmt: skip
        try:
            return solve(model, source=self.source)
        except FitError:
            return None

    def both(self, lines: Sequence[Line]) -> list[Solution]:
        """With one width for all, and with one for each."""
        kinds = (False, True) if len(lines) > 1 else (False,)
        return [s for own in kinds if (s := self.fit(lines, own_widths=own)) is not None]


def bic_values(solutions: Sequence[Solution]) -> list[float]:
    """BIC of each, with the misfit of the richest taken for noise."""
    richest = max(solutions, key=lambda s: len(s.names))
    c = max(1.0, richest.chi2 / richest.dof)
    return [s.chi2 / c + len(s.names) * float(np.log(s.n_points)) for s in solutions]


def choose_components(
    checked: CheckedSpectrum, row: SpectrumRow, level: tuple[float | None, float], settings: LineSettings
) -> Choice:
    """The species that the spectrum asks for.

    Parameters
    ----------
    level:
        Splitting in eV (None for a single line) and ratio of the pair of this region.

    Raises
    ------
    FitError
        No model is determined by the data, or a range of the study lies outside the spectrum.
    """
    search = _Search(panel=panel_of(checked), row=row, settings=settings, source=checked.spectrum.source.file)
    if not row.wanted:
        return _numbered(search, level)
    lines = named_lines(row, *level)
    e = checked.binding_ev
    for line in lines:
        if line.high_ev < e[0] or line.low_ev > e[-1]:
            problem = f"{line.name}: {line.low_ev:g} to {line.high_ev:g} eV is outside {e[0]:.1f} to {e[-1]:.1f} eV"
            hint = "check be_ev, the reference and the region"
            raise FitError(source=search.source, field="components", problem=problem, hint=hint)
    return _named(search, lines, level)


def _require(search: _Search, tried: Sequence[Solution]) -> None:
    if not tried:
        problem = f"{checked_name(search)} no model of the components is determined by the data"
        raise FitError(
            source=search.source, field="components", problem=problem, hint="fewer components, or a wider window"
        )


def checked_name(search: _Search) -> str:
    """The region for a message."""
    return f"{search.row.region}:" if search.row.region else ""


def _named(search: _Search, lines: Sequence[Line], level: tuple[float | None, float]) -> Choice:
    """All species of the study, less those that BIC does not ask for, one after another."""
    tried = search.both(lines)
    kept = list(lines)
    _require(search, tried or (tried := [s for one in _fewer(lines) for s in search.both(one)]))
    best = _best(tried, search.settings)
    kept = list(best.model.lines)
    while len(kept) > 1:
        fewer = [s for one in _doubtful(best) for s in search.both(one)]
        tried += fewer
        better = _best([best, *fewer], search.settings)
        if len(better.model.lines) == len(kept):
            break
        best, kept = better, list(better.model.lines)
    left_out = tuple(line for line in lines if line.name not in {k.name for k in kept})
    further = _one_more(search, best, level)
    more = [further] if further is not None else []
    asked = more and len(_best([best, *more], search.settings).model.lines) > len(kept)
    place = further.values[f"be_{len(kept)}"] if asked and further is not None else None
    return Choice(solution=best, left_out=left_out, attempts=_attempts([*tried, *more], best), further_ev=place)


def _fewer(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Each line left out in turn."""
    for i in range(len(lines)):
        yield [*lines[:i], *lines[i + 1 :]]


def _doubtful(best: Solution) -> Iterator[list[Line]]:
    """Each line left out that is not beyond doubt: without one of ``CERTAIN_SIGMAS`` chi^2 rises by its square."""
    lines, c = best.model.lines, max(1.0, best.chi2 / best.dof)
    for i in range(len(lines)):
        name = f"area_0_{i}"
        if best.values[name] < CERTAIN_SIGMAS * best.gradient_sigma({name: 1.0}) * np.sqrt(c):
            yield [*lines[:i], *lines[i + 1 :]]


def _best(solutions: Sequence[Solution], settings: LineSettings) -> Solution:
    """Lowest BIC, where everything richer must be better by ``delta_bic``; a negative area is no species."""
    good = [s for s in solutions if _all_positive(s)] or list(solutions)
    values = dict(zip(map(id, good), bic_values(good), strict=True))
    best = None
    for s in sorted(good, key=lambda s: (len(s.names), values[id(s)])):
        margin = settings.delta_bic if best is not None and len(s.names) > len(best.names) else 0.0
        if best is None or values[id(s)] < values[id(best)] - margin:
            best = s
    assert best is not None
    return best


def _all_positive(s: Solution) -> bool:
    return all(s.values[f"area_0_{i}"] > 0 for i in range(len(s.model.lines)))


def _numbered(search: _Search, level: tuple[float | None, float]) -> Choice:
    """1, 2, ... components, each new one where the residuals of the fit before are highest."""
    first = [s for line in _first_lines(search, level) for s in search.both([line])]
    _require(search, first)
    tried = [min(first, key=lambda s: s.chi2)]
    best = tried[0]
    for _ in range(search.settings.max_components - 1):
        more = _with_another(search, tried[-1], level)
        if not more:
            break
        tried += more
        tried.append(min(more, key=lambda s: s.chi2))
        better = _best([best, *more], search.settings)
        if better is best:
            break
        best = better
    return Choice(solution=_in_order(search, best), left_out=(), attempts=_attempts(list(dict.fromkeys(tried)), best))


def _first_lines(search: _Search, level: tuple[float | None, float]) -> list[Line]:
    e, y = search.panel.energy_ev, _smoothed(search.panel.counts)
    base = np.interp(e, [e[0], e[-1]], [y[:5].mean(), y[-5:].mean()])
    return [_line(search, "1", float(e[int(np.argmax(y - base))]), level)]


def _line(search: _Search, name: str, place: float, level: tuple[float | None, float]) -> Line:
    e = search.panel.energy_ev
    splitting, ratio = pair_of(search.row, *level)
    low, high = float(e[0]) + EDGE_EV, float(e[-1]) - EDGE_EV
    inside = float(np.clip(place, low + 1e-3, high - 1e-3))
    return Line(name=name, low_ev=low, high_ev=high, start_ev=inside, splitting_ev=splitting, ratio=ratio)


def _with_another(search: _Search, before: Solution, level: tuple[float | None, float]) -> list[Solution]:
    """One component more, from several starts, the best of each kind of widths."""
    kept = [_moved(line, before.values[f"be_{i}"]) for i, line in enumerate(before.model.lines)]
    found: dict[bool, Solution] = {}
    for place in _new_places(before):
        for s in search.both([*kept, _line(search, str(len(kept) + 1), place, level)]):
            own = s.model.own_widths
            if own not in found or s.chi2 < found[own].chi2:
                found[own] = s
    return list(found.values())


def _moved(line: Line, place: float) -> Line:
    return replace(line, start_ev=float(np.clip(place, line.low_ev + 1e-3, line.high_ev - 1e-3)))


def _new_places(before: Solution) -> list[float]:
    """Where the residuals are highest over a width, and both sides of the strongest line."""
    e, r = before.model.panels[0].energy_ev, before.residuals[0]
    width = before.values["gauss_0"]
    n = max(3, round(width / float(np.median(np.diff(e)))))
    around = np.convolve(r, np.ones(n) / np.sqrt(n), mode="same")
    around[: n // 2] = around[e.size - n // 2 :] = 0.0
    strongest = max(range(len(before.model.lines)), key=lambda i: before.values[f"area_0_{i}"])
    place = before.values[f"be_{strongest}"]
    return [float(e[int(np.argmax(around))]), place - width, place + width]


def _one_more(search: _Search, best: Solution, level: tuple[float | None, float]) -> Solution | None:
    """The best model with one unnamed species beside those of the study."""
    place = _new_places(best)[0]
    lines = [*best.model.lines, _line(search, "?", place, level)]
    return search.fit(lines, own_widths=best.model.own_widths)


def _in_order(search: _Search, best: Solution) -> Solution:
    """Components numbered by their binding energy; the parameters stay as they are."""
    order = sorted(range(len(best.model.lines)), key=lambda i: best.values[f"be_{i}"])
    if order == list(range(len(order))):
        return best
    lines = [_moved(replace(best.model.lines[i], name=str(n)), best.values[f"be_{i}"]) for n, i in enumerate(order, 1)]
    again = search.fit(lines, own_widths=best.model.own_widths)
    return again if again is not None else best


def _attempts(solutions: Sequence[Solution], chosen: Solution) -> tuple[Attempt, ...]:
    values = bic_values(solutions)
    return tuple(
        Attempt(
            n_components=len(s.model.lines),
            widths="own" if s.model.own_widths else "one",
            chi2=s.chi2,
            n_parameters=len(s.names),
            bic=bic,
            chosen=s is chosen,
        )
        for s, bic in zip(solutions, values, strict=True)
    )


def _smoothed(counts: FloatArray) -> FloatArray:
    return np.asarray(np.convolve(np.pad(counts, 3, mode="edge"), np.ones(7) / 7, mode="valid"))


def largest_area(search_from: Solution, line: Line, inflation: float) -> float:
    """Area of a species that is not there: what is exceeded with 5 % probability at most, counts eV.

    The species is placed at nine energies of its range with the width of the others; the limit is the largest of
    ``max(A, 0) + 1.645 sigma``: its place is not known, so that the worst one counts.
    """
    worst, model = 0.0, search_from.model
    for place in np.linspace(line.low_ev, line.high_ev, 9):
        placed = replace(
            line, start_ev=float(place), low_ev=float(place) - 1e-6, high_ev=float(place) + 1e-6, fixed=True
        )
        kept = [_moved(one, search_from.values[f"be_{i}"]) for i, one in enumerate(model.lines)]
        bigger = replace(model, lines=(*kept, placed), own_widths=False)
        name, start = f"area_0_{len(kept)}", search_from.values
        try:
            found = solve(bigger, {**start, name: 0.02 * start["area_0_0"], f"be_{len(kept)}": float(place)})
        except FitError:
            continue
        sigma = found.gradient_sigma({name: 1.0}) * inflation
        worst = max(worst, max(found.values[name], 0.0) + 1.645 * sigma)
    return worst
