"""One checked spectrum -> its components with sigma and verdict.

    fraction f_i = A_i / sum A      sigma from the whole covariance of the areas
    width        full width of the Voigt line, sigma from the covariance of its two widths

Every sigma holds the factor sqrt(chi^2/dof * t) where chi^2/dof is beyond chance, 1 + 3 sqrt(2/dof); t = 1 + 2 sum
r_k counts neighbours that share their noise (sum over the first positive correlations r_k of the residuals, where the
first is beyond 3/sqrt(n)).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.science.core_levels import level_of
from pipeline.techniques.surfaces.fit.components import Choice, choose_components, largest_area, pair_of
from pipeline.techniques.surfaces.fit.line_shapes import fixed_width, voigt_width
from pipeline.techniques.surfaces.fit.peak_model import Line, Solution, panel_curves
from pipeline.techniques.surfaces.model import CheckedSpectrum, Component, SpectrumRow, SurfaceFit
from pipeline.techniques.surfaces.settings import LineSettings


def fit_spectra(parts: Sequence[CheckedSpectrum], row: SpectrumRow, settings: LineSettings) -> Iterator[SurfaceFit]:
    """Components of each checked spectrum.

    Raises
    ------
    FitError
        The data determine no model.
    """
    for part in parts:
        yield fit_spectrum(part, row, settings)


def fit_spectrum(checked: CheckedSpectrum, row: SpectrumRow, settings: LineSettings) -> SurfaceFit:
    """Components of one spectrum; see ``fit_spectra``."""
    level = level_of(checked.spectrum.region)
    choice = choose_components(checked, row, (level.splitting_ev, level.ratio), settings)
    s = choice.solution
    base, curves = panel_curves(s.model, s.values, 0)
    inflation = inflation_of(s)
    judge = _Judge(solution=s, choice=choice, inflation=inflation, settings=settings, checked=checked)
    found = {line.name: judge.component(i, line) for i, line in enumerate(s.model.lines)}
    found |= {line.name: judge.missing(line) for line in choice.left_out}
    names = [w.name for w in row.wanted] or [line.name for line in s.model.lines]
    splitting, ratio = pair_of(row, level.splitting_ev, level.ratio)
    return SurfaceFit(
        checked=checked,
        row=row,
        components=tuple(found[n] for n in names),
        background=base,
        curves=curves,
        drawn=tuple(line.name for line in s.model.lines),
        residuals=s.residuals[0],
        chi2_reduced=s.chi2 / s.dof,
        inflation=inflation,
        attempts=choice.attempts,
        splitting_ev=splitting,
        ratio=ratio,
        total_area=judge.total(),
        findings=(*checked.findings, *_findings(judge, choice, level.splitting_ev, row)),
    )


def inflation_of(s: Solution) -> float:
    """Factor of every sigma, from the residuals of all panels; never below 1."""
    square = s.chi2 / s.dof
    chance = 1 + 3 * np.sqrt(2 / s.dof)
    longest = max(correlation_length(one) for one in s.residuals)
    return float(np.sqrt(max(square, 1.0) * longest)) if square > chance or longest > 1 else 1.0


def correlation_length(r: FloatArray) -> float:
    """1 + 2 sum of the first positive correlations of residuals (m,); 1 where the first is no more than chance."""
    centred = r - r.mean()
    power = float(centred @ centred)
    if power <= 0 or r.size < 20:
        return 1.0
    total = 0.0
    for k in range(1, min(30, r.size // 4)):
        rho = float(centred[:-k] @ centred[k:]) / power
        if rho <= (3 / np.sqrt(r.size) if k == 1 else 0.0):
            break
        total += rho
    return 1 + 2 * total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judge:
    """Parameters -> estimates and verdicts."""

    solution: Solution
    choice: Choice
    inflation: float
    settings: LineSettings
    checked: CheckedSpectrum

    def sigma(self, gradient: dict[str, float]) -> float:
        """Standard error with the inflation."""
        return self.solution.gradient_sigma(gradient) * self.inflation

    def total(self) -> Estimate:
        """Sum of the areas."""
        n = len(self.solution.model.lines)
        value = sum(self.solution.values[f"area_0_{i}"] for i in range(n))
        return Estimate(value=value, sigma=self.sigma({f"area_0_{i}": 1.0 for i in range(n)}), unit="counts eV")

    def component(self, i: int, line: Line) -> Component:
        """A species that was fitted."""
        s, v = self.solution, self.solution.values
        area, total = v[f"area_0_{i}"], self.total().value
        n = len(s.model.lines)
        share = area / total
        slopes = {f"area_0_{k}": ((1.0 if k == i else 0.0) - share) / total for k in range(n)}
        fraction = Estimate(value=share, sigma=self.sigma(slopes), unit="1")
        fit_sigma = self.sigma({f"be_{i}": 1.0})
        shift = self.checked.shift_ev
        whole = float(np.hypot(fit_sigma, shift.sigma)) if shift else fit_sigma
        area_sigma = self.sigma({f"area_0_{i}": 1.0})
        return Component(
            name=line.name,
            area=Estimate(value=area, sigma=area_sigma, unit="counts eV"),
            area_fraction=fraction,
            binding_energy=Estimate(value=v[f"be_{i}"], sigma=whole, unit="eV"),
            binding_sigma_fit_ev=fit_sigma,
            width=self.width(i),
            upper95=min(share + 1.645 * fraction.sigma, 1.0),
            verdict=self.verdict(i, area / area_sigma if area_sigma > 0 else np.inf),
        )

    def width(self, i: int) -> Estimate:
        """Full width of the line with its sigma."""
        v, name = self.solution.values, self.solution.model.width_name(i)
        g, lorentz = v[name], v["lorentz"]
        if (shape := self.solution.model.lines[i].shape) is not None:
            factor = fixed_width(shape)
            return Estimate(value=factor * g, sigma=factor * self.sigma({name: 1.0}), unit="eV")
        root = float(np.sqrt(0.2166 * lorentz**2 + g**2))
        sigma = self.sigma({name: g / root, "lorentz": 0.5346 + 0.2166 * lorentz / root})
        return Estimate(value=voigt_width(g, lorentz), sigma=sigma, unit="eV")

    def verdict(self, i: int, significance: float) -> Verdict:
        """How far the species is supported."""
        s = self.solution
        own = {f"be_{i}": "binding energy", s.model.width_name(i): "width"}
        touched = [own[n] for n in s.at_bound if n in own]
        weak: list[tuple[str, str]] = []
        if touched:
            weak.append(("at_bound", f"its {' and '.join(touched)} ended at a bound"))
        if s.chi2 / s.dof > self.settings.max_misfit:
            weak.append(("misfit", f"chi² per degree of freedom is {s.chi2 / s.dof:.2g}"))
        if self.choice.further_ev is not None:
            weak.append(("further_wanted", f"BIC asks for one more component at {self.choice.further_ev:.2f} eV"))
        if significance < self.settings.resolved_sigmas:
            weak.append(("faint", f"its area is {significance:.1f} sigma"))
        if weak:
            return Verdict(level="weak", reason="; ".join(w for _, w in weak), code=" ".join(c for c, _ in weak))
        return Verdict(level="resolved", reason=f"area {min(significance, 9999):.0f} sigma from none", code="found")

    def missing(self, line: Line) -> Component:
        """A species that BIC does not ask for: an upper limit."""
        total = self.total()
        most = largest_area(self.solution, line, self.inflation)
        limit = most / (total.value + most) if total.value + most > 0 else 1.0
        reason = f"BIC does not ask for it: at most {100 * limit:.2g} % of the region (95 %)"
        return Component(
            name=line.name,
            area=Estimate(value=0.0, sigma=most / 1.645, unit="counts eV"),
            area_fraction=None,
            binding_energy=None,
            binding_sigma_fit_ev=0.0,
            width=None,
            upper95=limit,
            verdict=Verdict(level="unresolved", reason=reason, code="not_needed"),
        )


def _findings(judge: _Judge, choice: Choice, splitting_ev: float | None, row: SpectrumRow) -> list[Finding]:
    """What a person should know of the fit."""
    s, out = judge.solution, []
    names = {f"be_{i}": f"binding energy of {line.name}" for i, line in enumerate(s.model.lines)}
    names |= {
        s.model.width_name(i): "Gaussian width" + (f" of {line.name}" if s.model.own_widths else "")
        for i, line in enumerate(s.model.lines)
    }
    names |= {"lorentz": "Lorentzian width", "asymmetry": "asymmetry"}
    for touched in s.at_bound:
        problem = f"{names.get(touched, touched)} ended at its bound, {s.values[touched]:.3g}"
        out.append(
            Finding(
                severity="warning",
                field="fit",
                problem=problem,
                hint="widen the range, or ask for another model",
                code="at_bound",
            )
        )
    if s.chi2 / s.dof > judge.settings.max_misfit:
        problem = f"the model leaves chi² per degree of freedom {s.chi2 / s.dof:.2g}: sigmas are {judge.inflation:.2g} times larger"
        out.append(
            Finding(
                severity="warning", field="fit", problem=problem, hint="another background or shape?", code="misfit"
            )
        )
    if choice.further_ev is not None:
        problem = f"one more component at {choice.further_ev:.2f} eV is asked for by BIC, and not in the study"
        out.append(
            Finding(severity="warning", field="components", problem=problem, hint="name it", code="further_wanted")
        )
    orbital = judge.checked.spectrum.region[-1:]
    if orbital in "pdf" and orbital and splitting_ev is None and row.splitting_ev is None:
        problem = f"no splitting is known for {judge.checked.spectrum.region}: fitted as single lines"
        out.append(
            Finding(
                severity="warning",
                field="splitting_ev",
                problem=problem,
                hint="splitting_ev = ...",
                code="no_splitting",
            )
        )
    return out
