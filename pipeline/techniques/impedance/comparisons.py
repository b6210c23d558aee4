"""What pellets say beside each other and beside their crystals: composition series, Meyer-Neldel, density; no science."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.core.values import Estimate, Finding, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionPoint:
    """sigma(25 °C) of one sample in its composition series."""

    sample: str
    series: str
    x_lcf: float
    conductivity_25c_s_per_m: Estimate | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionOptimum:
    """The best composition of a series, or undetermined."""

    series: str
    x_optimum: Estimate | None
    conductivity_s_per_m: Estimate | None
    n_points: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesComparison:
    """Best conductivity of two composition series, e.g. with LCF of Ta and of Zr."""

    series_a: str
    series_b: str
    conductivity_ratio: Estimate
    """a over b, at the optimum of each, or at its best measured composition."""
    x_difference: Estimate | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class MeyerNeldel:
    """ln prefactor = a + Ea/E_MN over the samples, judged at a common temperature."""

    energy_ev: Estimate | None
    t_ref_k: float
    n_samples: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PelletDensity:
    """Density of one pellet, and relative to the crystals it is pressed from where the study gives theirs."""

    sample: str
    density_kg_per_m3: Estimate
    relative_density: Estimate | None
    conductivity_ratio: Estimate | None
    """Of this pellet to a dense one, by Bruggeman's rule for round pores; nothing else is corrected by it."""
    verdict: Verdict
    findings: tuple[Finding, ...] = ()

    @property
    def porosity(self) -> Estimate | None:
        """Share of the pellet's volume that is no crystal, 1 - relative density, dimensionless."""
        r = self.relative_density
        if r is None:
            return None
        return Estimate(value=1 - r.value, sigma=r.sigma, unit="1", low95=1 - r.high, high95=1 - r.low)
