"""One region of a sample in two states: what differs, with both spectra fitted at once.

The lines keep their places and widths from one state to the other, but for one shift (charging) and one broadening;
the areas and the background are each state's own.  A species that stands in one spectrum alone is then measured in
the other at its known place, and what both spectra share (the shapes) does not enter the difference twice.

    change = f_i(to) - f_i(from)                 sigma from the whole covariance of the areas in both
    upper limit: max(change, 0) + 1.645 sigma

Where BIC strongly prefers lines of their own for each state, the difference of the separate fits is given, and said
to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.errors import FitError, PipelineError
from pipeline.core.sample import Sample
from pipeline.core.technique import Group
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.science.core_levels import level_of
from pipeline.techniques.surfaces.fit.components import named_lines, pair_of, panel_of
from pipeline.techniques.surfaces.fit.peak_model import Line, Solution, peak_model, solve
from pipeline.techniques.surfaces.fit.spectrum import inflation_of
from pipeline.techniques.surfaces.model import PRISTINE, Change, Component, SpectrumRow, StateChange, SurfaceFit
from pipeline.techniques.surfaces.settings import LineSettings

ONE_SIDED = 1.645
REACH_EV = 0.8
"""How far a line that a spectrum has found may still move when both are fitted at once."""


def sample_groups(rows: Sequence[SpectrumRow], samples: Sequence[Sample]) -> Iterator[Group[SpectrumRow]]:
    """All spectra of a sample that has more than one state."""
    known = {s.id: s for s in samples}
    for sample in dict.fromkeys(r.sample for r in rows):
        mine = tuple(r for r in rows if r.sample == sample)
        if len({r.state for r in mine}) > 1:
            yield Group(name=sample, rows=mine, samples=(known[sample],) if sample in known else ())


def compare_states(
    sample: str, fits: Sequence[SurfaceFit], settings: LineSettings
) -> Iterator[StateChange | PipelineError]:
    """Every region that was measured in several states: each state against the first, or against ``pristine``.

    A region with one component has no fraction that could change.
    """
    for region in dict.fromkeys(f.region for f in fits):
        mine = [f for f in fits if f.region == region]
        states = list(dict.fromkeys(f.state for f in mine))
        if len(states) < 2:
            continue
        start = PRISTINE if PRISTINE in states else states[0]
        for state in states:
            if state != start:
                before, after = ([f for f in mine if f.state == s] for s in (start, state))
                try:
                    change = _compare(sample, before, after, settings)
                    if len(change.changes) > 1:
                        yield change
                except FitError as error:
                    yield error


def _compare(
    sample: str, before: Sequence[SurfaceFit], after: Sequence[SurfaceFit], settings: LineSettings
) -> StateChange:
    a, b = before[0], after[0]
    notes = [
        Finding(
            severity="warning",
            field="state",
            problem=f"{len(some)} spectra of {f.region} in state {f.state!r}: the first is compared",
        )
        for f, some in ((a, before), (b, after))
        if len(some) > 1
    ]
    lines = _common_lines(a, b)
    together = _fit(a, b, lines, settings)
    if together is not None and not _preferred(together, a, b, settings.delta_bic):
        together = None
    if together is None:
        problem = (
            f"{a.region}: no common lines describe {a.state!r} and {b.state!r}: each keeps its own in the difference"
        )
        notes.append(Finding(severity="info", field="lines", problem=problem, code="separate"))
    judge = _Judge(a=a, b=b, settings=settings, together=together)
    names = [w.name for w in b.row.wanted] or [line.name for line in lines]
    return StateChange(
        sample=sample,
        region=a.region,
        from_state=a.state,
        to_state=b.state,
        files=(a.file, b.file),
        changes=tuple(judge.change(name) for name in names),
        together=together is not None,
        chi2_reduced=max(a.chi2_reduced, b.chi2_reduced) if together is None else together.chi2 / together.dof,
        findings=tuple(notes),
    )


def _fitted(fit: SurfaceFit) -> dict[str, Component]:
    return {c.name: c for c in fit.components if c.area_fraction is not None}


def _common_lines(a: SurfaceFit, b: SurfaceFit) -> tuple[Line, ...]:
    """Species that either spectrum has; unnamed ones as the spectrum with more of them has them."""
    level = level_of(a.region)
    known = [_fitted(a), _fitted(b)]
    if b.row.wanted:
        lines = [
            line for line in named_lines(b.row, level.splitting_ev, level.ratio) if any(line.name in k for k in known)
        ]
        return tuple(_placed(line, known) for line in lines)
    richer = max(known, key=len)
    splitting, ratio = pair_of(b.row, level.splitting_ev, level.ratio)
    places = {n: c.binding_energy.value for n, c in richer.items() if c.binding_energy is not None}
    return tuple(
        Line(name=n, low_ev=e - REACH_EV, high_ev=e + REACH_EV, start_ev=e, splitting_ev=splitting, ratio=ratio)
        for n, e in places.items()
    )


def _placed(line: Line, known: Sequence[Mapping[str, Component]]) -> Line:
    """Start at the place of the fit that has most of it."""
    found = [c for k in known if (c := k.get(line.name)) is not None and c.binding_energy is not None]
    best = max(found, key=lambda c: c.area.value / max(c.area.sigma, 1e-12))
    assert best.binding_energy is not None
    edge = 1e-3 * (line.high_ev - line.low_ev)
    return replace(line, start_ev=float(np.clip(best.binding_energy.value, line.low_ev + edge, line.high_ev - edge)))


def _fit(a: SurfaceFit, b: SurfaceFit, lines: Sequence[Line], settings: LineSettings) -> Solution | None:
    """The better of one width for all and widths of their own; None where neither is determined."""
    found = []
    for own in (False, True) if len(lines) > 1 else (False,):
        model = peak_model(
            [panel_of(f.checked) for f in (a, b)], lines, background=b.row.background, shape=b.row.shape,
            own_widths=own, settings=settings,
        )  # fmt: skip
        try:
            found.append(solve(model, source=b.file))
        except FitError:
            continue
    return min(found, key=lambda s: s.chi2 + len(s.names) * float(np.log(s.n_points)), default=None)


def _preferred(together: Solution, a: SurfaceFit, b: SurfaceFit, margin: float) -> bool:
    """True unless BIC is lower by ``margin`` for lines of their own, on one scale of misfit."""
    n = {id(f): f.checked.counts.size for f in (a, b)}
    chi2, p = 0.0, 0
    for f in (a, b):
        best = next(t for t in f.attempts if t.chosen)
        chi2, p = chi2 + best.chi2, p + best.n_parameters
    c = max(1.0, chi2 / max(sum(n.values()) - p, 1))
    log_n = float(np.log(together.n_points))
    return together.chi2 / c + len(together.names) * log_n <= chi2 / c + p * log_n + margin


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judge:
    """Areas in both states -> changes with verdicts."""

    a: SurfaceFit
    b: SurfaceFit
    settings: LineSettings
    together: Solution | None

    def change(self, name: str) -> Change:
        """Of one species."""
        found = self._common(name) if self.together is not None else self._separate(name)
        if found is None:
            return self._absent(name)
        value, sigma = found
        if sigma == 0:
            words = "the only species of the region in both states: it has no share that could change"
            alone = Verdict(level="unresolved", reason=words, code="alone")
            return Change(component=name, change=None, upper95=None, significance=None, verdict=alone)
        significance = value / sigma
        upper = max(value, 0.0) + ONE_SIDED * sigma
        return Change(
            component=name,
            change=Estimate(value=value, sigma=sigma, unit="1"),
            upper95=upper,
            significance=significance,
            verdict=self._verdict(significance),
        )

    def _common(self, name: str) -> tuple[float, float] | None:
        s = self.together
        assert s is not None
        names = [line.name for line in s.model.lines]
        if name not in names:
            return None
        value, slopes = difference_of(s, names.index(name))
        return value, s.gradient_sigma(slopes) * inflation_of(s)

    def _separate(self, name: str) -> tuple[float, float] | None:
        before, after = _fitted(self.a).get(name), _fitted(self.b).get(name)
        if before is None and after is None:
            return None
        values, square = [], 0.0
        for one, fit in ((before, self.a), (after, self.b)):
            if one is not None and one.area_fraction is not None:
                values.append(one.area_fraction.value)
                square += one.area_fraction.sigma**2
            else:
                limit = next((c.upper95 for c in fit.components if c.name == name), None)
                values.append(0.0)
                square += ((limit or 0.0) / ONE_SIDED) ** 2
        return values[1] - values[0], float(np.sqrt(square))

    def _verdict(self, significance: float) -> Verdict:
        misfit = [f for f in (self.a, self.b) if f.chi2_reduced > self.settings.max_misfit]
        how = "" if self.together is not None else ", each state with its own lines"
        if abs(significance) >= self.settings.resolved_sigmas:
            reason = f"{significance:+.1f} sigma{how}"
            if misfit:
                words = f"{reason}; chi² per degree of freedom is {max(f.chi2_reduced for f in misfit):.2g}"
                return Verdict(level="weak", reason=words, code="found misfit")
            return Verdict(level="resolved", reason=reason, code="found")
        return Verdict(level="weak", reason=f"{significance:+.1f} sigma{how}: no change that can be told", code="faint")

    def _absent(self, name: str) -> Change:
        """In neither state: the limit of the second one."""
        limit = next((c.upper95 for c in self.b.components if c.name == name), None)
        verdict = Verdict(level="unresolved", reason="in neither state does BIC ask for it", code="not_there")
        return Change(component=name, change=None, upper95=limit, significance=None, verdict=verdict)


def difference_of(s: Solution, i: int) -> tuple[float, dict[str, float]]:
    """Share of species ``i`` in the second spectrum less that in the first, and its derivatives by the areas of both."""
    n = len(s.model.lines)
    shares: list[float] = []
    slopes: dict[str, float] = {}
    for p, sign in ((0, -1.0), (1, 1.0)):
        areas = [s.values[f"area_{p}_{k}"] for k in range(n)]
        total = sum(areas)
        share = areas[i] / total
        shares.append(sign * share)
        slopes |= {f"area_{p}_{k}": sign * ((1.0 if k == i else 0.0) - share) / total for k in range(n)}
    return sum(shares), slopes
