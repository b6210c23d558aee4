"""All settings of absorption; ``hse settings --explain`` prints what stands under each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen

from pipeline.core.technique import Given

Window = Literal["hanning", "kaiser-bessel", "parzen", "welch", "sine", "gaussian"]


@dataclass(frozen=True, slots=True, kw_only=True)
class XasReadSettings(Given):
    """Table ``[settings.xas.read]``: what a header does not say, or says wrongly."""

    mode: Literal["auto", "transmission", "fluorescence", "electron yield"] = "auto"
    """Signal to take; auto: as the study says, else that of the larger edge over its noise (fluorescence: halved)."""
    energy_unit: Literal["auto", "eV", "keV"] = "auto"
    """Unit of the energy column; auto: keV where all values lie between 0.9 and 60, where no scan in eV starts."""
    energy_column: str = ""
    """Label or number (from 1) of the energy column; empty: by its name, measured before requested energy."""
    i0_column: str = ""
    """Label or number of the monitor before the sample; empty: by its name."""
    i1_column: str = ""
    """Label or number of the detector behind the sample; empty: by its name."""
    i2_column: str = ""
    """Label or number of the detector behind the reference foil; empty: by its name."""
    fluorescence_columns: tuple[str, ...] = ()
    """Labels or numbers of the fluorescence elements; empty: the absorber's own regions of interest."""
    mu_column: str = ""
    """Label or number of a column that holds mu already; empty: by its name, and only where there are no counts."""
    min_points: Annotated[int, Ge(2)] = 10
    """Fewest points of a scan: an edge and its two sides cannot be told on fewer."""
    max_decompressed_mb: Annotated[float, Gt(0)] = 50.0
    """Largest unpacked size of a project, MB: the largest real one is below 3, a bomb is beyond any bound."""

    def columns(self) -> Mapping[str, str | tuple[str, ...]]:
        """The overrides by role."""
        return {
            "energy": self.energy_column,
            "i0": self.i0_column,
            "i1": self.i1_column,
            "i2": self.i2_column,
            "fluorescence": self.fluorescence_columns,
            "mu": self.mu_column,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class XasCheckSettings(Given):
    """Table ``[settings.xas.check]``."""

    edge_tolerance_ev: Annotated[float, Gt(0), Le(100)] = 25.0
    """Largest distance of the edge from the tabulated energy: chemical shift and a monochromator that was not calibrated."""
    min_points: Annotated[int, Ge(10)] = 30
    """Fewer cannot hold a pre-edge, an edge and an oscillation."""
    glitch_alpha: Annotated[float, Gt(0), Le(0.1)] = 1e-3
    """Nominal chance that a scan without a glitch loses a point; the noise is estimated too, so 1 scan in 20 does lose one."""
    max_glitch_points: Annotated[int, Ge(1), Le(6)] = 4
    """Longer runs are no glitch: they are told, not masked."""
    xanes_ev: tuple[float, float] = (-60.0, 45.0)
    """Around the edge, whose tail begins early, the curve is steeper than any smoother: no glitch is looked for there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveletSettings(Given):
    """Table ``[settings.xas.reduce.wavelet]``."""

    kind: Literal["cauchy", "morlet"] = "cauchy"
    """Cauchy has one parameter; Morlet is there for comparison with maps of others."""
    cauchy_order: Annotated[float, Ge(2), Le(2000)] = 100.0
    """n: at R = 4.2 angstrom, where multiple scattering lies, sigma_R is 0.42 angstrom and sigma_k 1.2 1/angstrom."""
    morlet_eta: Annotated[float, Gt(0), Le(100)] = 10.0
    """Frequency of the mother wavelet; with sigma 1 the same resolution as Cauchy of order 100."""
    morlet_sigma: Annotated[float, Gt(0), Le(10)] = 1.0
    """Width of the mother wavelet."""
    k_weight: Annotated[int, Ge(0), Le(4)] = 2
    """w of k^w: 2 keeps light neighbours in view."""
    r_min_angstrom: Annotated[float, Gt(0)] = 0.5
    """Start of the map; rows below are background. Changes no value of the map."""
    r_max_angstrom: Annotated[float, Gt(0), Le(15)] = 6.0
    """End of the map: beyond it no shell of these samples is seen. Changes no value of the map."""
    r_step_angstrom: Annotated[float, Gt(0)] = 0.04
    """A tenth of sigma_R at 4 angstrom: nothing is lost between rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceSettings(Given):
    """Table ``[settings.xas.reduce]``."""

    align: Literal["auto", "reference", "sample", "none"] = "auto"
    """auto: by the reference foil where every scan has the same one, else by the sample's own edge, and said so."""
    calibrate: bool = False
    """Shift all so that the reference foil's edge lies at its tabulated energy; off: tables differ by up to 5 eV."""
    max_scan_deviations: Annotated[float, Gt(2)] = 3.0
    """A scan further from the others, in robust standard deviations of their distances, is left out: the usual careful
    choice for the median absolute deviation; and it must be 1.5 times as far as the usual scan."""
    e0_ev: Annotated[float, Ge(0)] | None = None
    """Edge energy; none: the largest derivative of the merged spectrum, between the grid points."""
    edge_step: Annotated[float, Gt(0)] | None = None
    """Edge step, where a person knows better than the two lines; none: their distance at e0."""
    pre1_ev: Annotated[float, Le(0)] | None = None
    """Start of the pre-edge line, relative to e0; none: start of the data."""
    pre2_ev: Annotated[float, Le(0)] | None = None
    """End of the pre-edge line; none: a third of pre1, since the tail of the edge reaches far."""
    norm1_ev: Annotated[float, Ge(0)] | None = None
    """Start of the post-edge polynomial; none: 150 eV, behind the white line, or a third of the range."""
    norm2_ev: Annotated[float, Ge(0)] | None = None
    """End of the post-edge polynomial; none: end of the data, and always 30 eV below the next edge."""
    n_norm: Annotated[int, Ge(0), Le(3)] | None = None
    """Degree of the post-edge polynomial; none: 2 over more than 300 eV, 1 over more than 40 eV, else 0."""
    rbkg_angstrom: Annotated[float, Gt(0.3), Le(3)] | None = None
    """chi(R) below is given to the background; none: 1.0, half of the distance at which the nearest shell shows."""
    bkg_k_weight: Annotated[int, Ge(0), Le(4)] | None = None
    """Weight of the background's transform; none: 2, as Athena has it."""
    bkg_k_min: Annotated[float, Ge(0)] | None = None
    """Start of the spline; none: 0."""
    bkg_k_max: Annotated[float, Gt(0)] | None = None
    """End of the spline; none: end of the data."""
    bkg_dk: Annotated[float, Ge(0)] | None = None
    """Sill of the background's window; none: 0.1, so that both ends count."""
    clamp_low: Annotated[float, Ge(0)] | None = None
    """Weight that pulls chi to 0 at the start; none: 0, which makes the background one linear solve."""
    clamp_high: Annotated[float, Ge(0)] | None = None
    """The same at the end of the data (Athena's Strong is 24)."""
    n_clamp: Annotated[int, Ge(0), Le(50)] | None = None
    """Points at each end that a clamp acts on; none: 5, as in Athena."""
    bkg_window: Window | None = None
    """Window of the background's transform; none: hanning."""
    k_min: Annotated[float, Ge(0)] | None = None
    """Start of the transform, 1/angstrom; none: 3, above the multiple scattering of the near edge."""
    k_max: Annotated[float, Gt(0)] | None = None
    """End of the transform; none: end of the data, 0.5 before the next edge, or where noise wins."""
    dk: Annotated[float, Ge(0)] | None = None
    """Sill of the transform's window; none: 1."""
    k_weight: Annotated[int, Ge(0), Le(4)] | None = None
    """w of k^w; none: 2."""
    window: Window | None = None
    """Window of the transform; none: hanning."""
    r_max_angstrom: Annotated[float, Gt(1), Le(30)] = 10.0
    """End of the stored chi(R)."""
    wavelet: WaveletSettings = field(default_factory=WaveletSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellSettings(Given):
    """Table ``[settings.xas.shells]``."""

    k_weights: Annotated[tuple[Annotated[int, Ge(0), Le(3)], ...], MinLen(1)] = (1, 2, 3)
    """Fitted together: low weights hold E0 and N, high ones sigma^2, so that their correlation falls."""
    s02_assumed: Annotated[float, Gt(0.3), Lt(1.3)] = 0.9
    """S02 where no sample of known coordination gives it: the middle of what crystals give."""
    s02_assumed_sigma: Annotated[float, Ge(0), Lt(0.5)] = 0.1
    """Its standard uncertainty: most elements lie between 0.7 and 1.05."""
    theory_sigma_angstrom: Annotated[float, Ge(0)] = 0.010
    """What FEFF's phases, the background and a distribution taken as symmetric leave in an absolute distance, 1 sigma: the root
    mean square over the resolved standards of benchmarks/standards.py. Differences within one model do not carry it."""
    threshold_sigma_ev: Annotated[float, Gt(0)] = 0.3
    """How well the energy scales of samples agree after alignment by the reference channel, 1 sigma."""
    max_e0_shift_ev: Annotated[float, Gt(0)] = 10.0
    """Largest abs(E0): beyond it the distance is off by more than 0.03 angstrom (rule of Artemis)."""
    max_r_factor: Annotated[float, Gt(0)] = 0.02
    """Largest R-factor of a resolved shell (rule of Artemis)."""
    withheld_r_factor: Annotated[float, Gt(0)] = 0.05
    """R-factor above which nothing is given: the model is then not that of the sample (rule of Artemis)."""
    max_variables_share: Annotated[float, Gt(0), Le(1)] = 2 / 3
    """Variables over independent points: the rest is left to judge the fit by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistortionSettings(Given):
    """Table ``[settings.xas.distortion]``."""

    box_k_min: Annotated[float, Gt(0)] = 4.0
    """Start of the box of f1 in k, 1/angstrom: below it the background interferes."""
    box_k_max: Annotated[float, Gt(0)] = 9.0
    """End of the box in k: light neighbours scatter little above."""
    box_r_min: Annotated[float, Gt(0)] = 3.6
    """Start of the box in R, angstrom, not phase-corrected: above the triangle's peak."""
    box_r_max: Annotated[float, Gt(0)] = 4.6
    """End of the box in R: f1 lies at 4.2."""
    wavelet_eta: Annotated[float, Ge(3)] = 7.0
    """eta of the Morlet wavelet (sigma 1): resolves the triangle from f1 in R and the box in k."""
    k_weight: Annotated[int, Ge(0)] = 2
    """Weight of the wavelet: f1 and the first shell then have their tops at like k, so that sigma^2 falls out of the ratio."""
    r_max_angstrom: Annotated[float, Gt(0)] = 4.9
    """End of the tied fit in R, not phase-corrected: above the peak of the collinear paths."""
    significance: Annotated[float, Gt(0)] = 3.0
    """Change over its sigma from which on it is called real."""
    blind_below_degree: Annotated[float, Gt(0)] = 5.0
    """Smaller angles change the ratio by less than 5 %, which FEFF itself is not good for."""
