"""Settings of impedance, by stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt

from pipeline.core.technique import Given
from pipeline.instruments.text.settings import DelimitedSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class EisCheckSettings(Given):
    """Table ``[settings.eis.check]``."""

    f_min_hz: Annotated[float, Ge(0)] = 0.0
    """Lower points are left out; 0 keeps all."""
    f_max_hz: Annotated[float, Gt(0)] = 1e9
    """Higher points are left out; above any impedance analyser's range."""
    min_points: Annotated[int, Ge(5)] = 10
    """Fewer cannot determine even one arc with its blocking tail."""
    max_rms_sigmas: Annotated[float, Gt(1)] = 1.5
    """Largest Kramers-Kronig rms in units of the noise that passes."""
    max_point_sigmas: Annotated[float, Gt(3)] = 5.0
    """A point further from a smooth spectrum through all others is wild: 4 in 10^6 by chance."""
    max_correlation: Annotated[float, Gt(0)] = 0.22
    """Correlation of neighbouring residuals above which they are not noise; noise gives -0.15 +/- 0.1 after the fit."""
    max_quality_percent: Annotated[float, Gt(0)] = 10.0
    """Recorded THD or NSD above this is told as a finding: the answer is not linear, or not steady."""
    max_noise: Annotated[float, Gt(0), Lt(1)] = 0.05
    """Relative scatter beyond which the Kramers-Kronig test cannot decide."""
    max_scatter: Annotated[float, Gt(0), Lt(1)] = 0.2
    """Relative scatter beyond which the data are refused: no circuit can be told from any other."""
    min_noise: Annotated[float, Gt(0)] = 1e-5
    """Relative noise below this is a simulation's or a rounding's: no instrument is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcSettings(Given):
    """Table ``[settings.eis.arcs]``."""

    max_arcs: Annotated[int, Ge(1), Le(5)] = 3
    """Bulk, amorphous region and interface: the sample has no fourth. Electrodes come on top, up to five processes."""
    starts: Annotated[int, Ge(4), Le(500)] = 10
    """Starts for each number of arcs, the best of 60 times as many random ones; more are drawn until the best cost is met twice."""
    seed: Annotated[int, Ge(0)] = 1
    """Of the random starts: the same data give the same numbers."""
    resolved_sigma: Annotated[float, Gt(0), Lt(1)] = 0.05
    """Relative sigma up to which a resistance is resolved."""
    weak_sigma: Annotated[float, Gt(0), Lt(1)] = 0.20
    """Relative sigma up to which a resistance is given at all; beyond it the split is withheld."""
    max_apex_over_f_max: Annotated[float, Gt(0)] = 3.0
    """An arc whose apex lies further beyond the highest frequency shows only its tail: refused."""
    min_exponent: Annotated[float, Ge(0.5), Lt(1)] = 0.70
    """A more depressed arc is a distribution, not one process."""
    min_bic_gain: Annotated[float, Ge(0)] = 10.0
    """BIC by which one arc more must be better to be taken: very strong evidence, Kass and Raftery (1995)."""
    min_ratio: Annotated[float, Gt(1)] = 7.0
    """Three arcs with neighbours nearer than this in time constant have a second solution as good: the split is withheld."""
    close_ratio: Annotated[float, Gt(1)] = 12.0
    """Neighbours nearer than this in time constant may hide another arc between them."""
    close_bic: Annotated[float, Ge(0)] = 12.0
    """... unless one arc more is worse by this much in BIC."""
    max_misfit_over_noise: Annotated[float, Gt(1)] = 3.0
    """Misfit beyond this many times the noise: residuals are not random, so that no arc is more than weak."""
    max_misfit: Annotated[float, Gt(0)] = 0.10
    """Largest rms of |Z_fit - Z|/|Z|: beyond it no circuit of this kind describes the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSettings(Given):
    """Table ``[settings.eis.series]``."""

    max_arcs: Annotated[int, Ge(1), Le(3)] = 3
    """Bulk, amorphous region and interface: the sample has no fourth."""
    basis: Literal["sigma_T", "sigma"] = "sigma_T"
    """The paper's form, sigma T = sigma0 exp(-Ea/kB T)."""
    allow_drift: bool = True
    """Let ln C_i drift linearly with T when shared C_i fail the test: permittivities do."""
    allow_kink: bool = True
    """Let Ea change at one temperature when a single line fails the test."""
    starts: Annotated[int, Ge(4), Le(200)] = 20
    """Random starts for each number of arcs: enough for two independent hits of the best cost."""
    seed: Annotated[int, Ge(0)] = 1
    """Of the random starts: the same data give the same numbers."""
    min_p_value: Annotated[float, Gt(0), Le(0.5)] = 0.003
    """Below this the data reject the tie; three sigma, as two tests are made on every pellet."""
    max_residual_rms: Annotated[float, Gt(1)] = 1.5
    """Largest residual of one temperature in units of its noise: a phase change shows there first."""
    min_temperatures: Annotated[int, Ge(3)] = 3
    """Fewer cannot test a straight line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings(Given):
    """Table ``[settings.eis.evidence]``."""

    boundary_factor: Annotated[float, Ge(1)] = 3.0
    """Within this factor of a range's end a candidate is still listed: the table is good to half a decade."""
    min_order_sigmas: Annotated[float, Gt(0)] = 2.0
    """Neighbouring C l/A must differ by this many sigma to be put in order."""
    energy_match_ev: Annotated[float, Gt(0)] = 0.03
    """Activation energies this near a pristine phase's speak for that phase: typical spread between pellets."""
    track_factor: Annotated[float, Gt(1)] = 2.0
    """An arc is the same arc at another temperature if its capacitance agrees within this factor."""
    mixing: Literal["series", "maxwell_garnett"] = "series"
    """Series bricks; maxwell_garnett where the amorphous phase is a continuous matrix: its arcs are then mixtures."""
    crystalline_fraction: Annotated[float, Gt(0)] = 0.5
    """Volume fraction of the crystalline phase, used by maxwell_garnett only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductivitySettings(Given):
    """Table ``[settings.summarize.conductivity]``."""

    resolved_sigma: Annotated[float, Gt(0), Lt(1)] = 0.05
    """Largest relative sigma of a resolved total, geometry aside: the same bar as for a single arc."""
    weak_sigma: Annotated[float, Gt(0), Lt(1)] = 0.20
    """Largest relative sigma of a total that is given at all: beyond it the number misleads."""
    contact_allowance_ohm: Annotated[float, Ge(0)] = 0.5
    """Largest sigma allowed for contacts that the study does not give: usual for pressed carbon or steel; less where the spectra
    show less in series."""
    geometry_allowance: Annotated[float, Ge(0)] = 0.02
    """Relative sigma of l/A where the study gives none of the thickness: 0.01 mm of a caliper on half a millimetre."""
    min_relative_density: Annotated[float, Gt(0)] = 0.5
    """A pellet less dense than this against its crystals is a wrong length or mass, not a pellet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrheniusSettings(Given):
    """Table ``[settings.summarize.arrhenius]``."""

    min_points: Annotated[int, Ge(3)] = 3
    """Fewer temperatures leave nothing to test the line with."""
    temperature_sigma_k: Annotated[float, Ge(0)] = 0.5
    """Common error of the thermometer: usual for a chamber whose sensor is not in the pellet. Reported apart."""
    kink_delta_bic: Annotated[float, Gt(0)] = 14.0
    """Two segments must be better by this much: below 1 % of straight lines reach it by chance from seven temperatures on."""
    kink_min_ev: Annotated[float, Ge(0)] = 0.02
    """Smaller changes of Ea are no kink: a sum of regions with unlike Ea bends by as much without any transition."""
    outlier_p: Annotated[float, Gt(0), Lt(0.5)] = 0.01
    """A point this unlikely (all points of the line considered) is named; it stays in the fit."""
    resolved_sigma: Annotated[float, Gt(0), Lt(1)] = 0.05
    """Largest half-width over 1.96 of Ea, relative, of a resolved line: the bar of every other verdict."""
    weak_sigma: Annotated[float, Gt(0), Lt(1)] = 0.20
    """The same for a line that is given at all."""
    repeat_within_k: Annotated[float, Ge(0)] = 0.5
    """Temperatures this near are the same one, measured again: up and down scans are compared there."""
    measured_within_k: Annotated[float, Ge(0)] = 2.0
    """A total measured this near 25 °C is the conductivity there, carried by the activation energy of its neighbours: an error
    of 10 % in that is 0.5 % per kelvin at most."""
    interpolation_margin_k: Annotated[float, Ge(0)] = 1.0
    """25 °C may lie this far outside the measured temperatures and still count as interpolated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionSettings(Given):
    """Table ``[settings.summarize.composition]``."""

    near_25c_k: Annotated[float, Ge(0)] = 1.0
    """A total measured this near 25 °C stands in where a sample has no Arrhenius line."""
    top_factor: Annotated[float, Gt(1)] = 5.0
    """Points within this factor of the best one are near the top: further out ln sigma need not be a parabola."""
    min_points: Annotated[int, Ge(4)] = 4
    """A parabola goes through any three: the fourth tests it."""
    pellet_sigma: Annotated[float, Ge(0)] = 0.02
    """Scatter of ln sigma between equal pellets, at least: keeps one well known pellet from deciding alone."""


CHAIN = {"eis.read": DelimitedSettings, "eis.check": EisCheckSettings, "eis.arcs": ArcSettings}
PELLET = {"eis.series": SeriesSettings, "eis.evidence": EvidenceSettings}
SUMMARY = {
    "summarize.conductivity": ConductivitySettings,
    "summarize.arrhenius": ArrheniusSettings,
    "summarize.composition": CompositionSettings,
}
"""Their names in a study, by the step that they belong to."""
