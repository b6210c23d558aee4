"""X-ray absorption after the check, the merge, the background, the transforms and the shell fit."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, TypeAlias

from pipeline.core.arrays import FloatArray, freeze
from pipeline.core.technique import Checked, Measurement, Result
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.absorption.rows import Composition as Composition  # noqa: PLC0414
from pipeline.techniques.absorption.rows import EdgeRow as EdgeRow  # noqa: PLC0414
from pipeline.techniques.absorption.rows import References as References  # noqa: PLC0414
from pipeline.techniques.absorption.rows import ScanReview as ScanReview  # noqa: PLC0414
from pipeline.techniques.absorption.rows import ShellSpec as ShellSpec  # noqa: PLC0414

EdgeKey = tuple[str, str, str]
"""(sample, element, edge)"""
GLITCHES = frozenset({"glitch", "long_run"})
"""Codes of findings: points off the smooth curve, masked; and a run of them that is too long to be one, kept."""
LeftOut = Literal["", "cannot_be_normalised", "differs", "merge_of_parts", "part_of_merge"]
"""Why a scan is not in the merge; '' where it is."""
StructureKind = Literal["octahedron", "crystal", "polyhedron"]
"""What FEFF is run on: ``polyhedron`` is a guess from the sum of the radii, where no structure is given."""


# ---- what flows ----


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AbsorptionScan(Measurement):
    """One energy scan. ``energy_ev`` (n,), ``mu`` (n,) as absorption coefficient times thickness, arbitrary scale."""

    energy_ev: FloatArray
    mu: FloatArray
    mode: Literal["transmission", "fluorescence", "unknown"] = "unknown"
    element: str | None = None
    """Recognised or declared by the file: symbol, e.g. ``Ta``."""
    edge: str | None = None
    """``K``, ``L3`` …"""
    reference_mu: FloatArray | None = None
    """(n,) of the reference foil, where recorded."""
    i0: FloatArray | None = None
    detectors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Raw counts of single detector elements, by name, each of length n."""
    parameters: Mapping[str, float | str] = field(default_factory=dict)
    """Reduction parameters that the file carries (Athena projects): e0, eshift, rbkg, ranges, clamps, windows."""
    counts_terms: bool = False
    """True where ``n_norm`` of the parameters is the number of terms of the post-edge polynomial (Athena), not its degree."""
    label: str = ""
    is_chi: bool = False
    """True where the file holds chi(k) and ``energy_ev`` is k in 1/angstrom."""

    def __post_init__(self) -> None:
        freeze(self, energy_ev=float, mu=float, reference_mu=float, i0=float)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CheckedScan(Checked):
    """A scan with its edge recognised and the points that may be used; the findings are those of the check alone."""

    scan: AbsorptionScan
    element: str
    edge: str
    keep: tuple[bool, ...]
    detectors_used: tuple[str, ...] = ()
    mu_sigma: FloatArray | None = None
    """(n,) 1 sigma of mu from the scatter of neighbouring points; NaN where not kept."""
    rise_ev: float | None = None
    """Where mu rises most, to about 1 eV: the edge that was recognised."""
    reference_element: str | None = None
    """Element of the reference foil as its own edge shows it; None without a reference."""
    reference_edge: str | None = None
    reference_rise_ev: float | None = None
    """Where the reference rises most, to about 1 eV."""

    def __post_init__(self) -> None:
        freeze(self, mu_sigma=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanUse:
    """One row of the table xas_scans."""

    file: str
    loop: int
    e0_ev: float
    edge_step: float
    shift_ev: float
    shift_sigma_ev: float
    used: bool
    reason: str
    """Why it was left out."""
    noise_k: float | None
    """1 sigma of chi(k), k-weight 0, dimensionless."""
    code: LeftOut = ""
    """Which rule left it out."""
    group: str = ""
    """Name in its project; '' for a file of one scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverAbsorption:
    """What a sample in fluorescence took off its own signal."""

    largest_share: float
    """Of the amplitude, that may be missing; 0 where it was corrected."""
    share: float | None = None
    """That was missing and is put back; None without a formula."""
    amplitude_sigma: float = 0.0
    """Relative, of the corrected amplitude."""


def edge_sigma(scans: Iterable[ScanUse]) -> float:
    """Standard uncertainty of E0 in eV: standard error of the used scans' own, u = s/sqrt(n), and of their alignment; 0 of one."""
    used = [s for s in scans if s.used and math.isfinite(s.e0_ev)]
    if len(used) < 2:
        return 0.0
    scatter = statistics.stdev(s.e0_ev for s in used) / len(used) ** 0.5
    aligned = (sum(s.shift_sigma_ev**2 for s in used) / len(used)) ** 0.5
    return math.hypot(scatter, aligned)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WaveletMap:
    """|W(k, R)| on a grid."""

    kind: Literal["cauchy", "morlet"]
    k_per_angstrom: FloatArray
    """(nk,)"""
    r_angstrom: FloatArray
    """(nr,) not phase-corrected."""
    magnitude: FloatArray
    """(nr, nk)"""
    noise_floor: FloatArray
    """(nr,) 1 sigma of the magnitude from noise alone."""
    parameters: Mapping[str, float | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, k_per_angstrom=float, r_angstrom=float, magnitude=float, noise_floor=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionUsed:
    """What a reduction was made with: ranges in eV relative to E0, k in 1/angstrom."""

    pre1_ev: float
    pre2_ev: float
    norm1_ev: float
    norm2_ev: float
    n_norm: int
    """Degree of the post-edge polynomial."""
    bkg_k_weight: int
    bkg_k_min: float
    bkg_k_max: float
    bkg_dk: float
    bkg_window: str
    clamp_low: float
    clamp_high: float
    n_clamp: int
    n_spline: int
    align: str
    calibrated: bool
    from_project: tuple[str, ...] = ()
    """Settings that the project file of the scans gave."""

    def listed(self) -> dict[str, float | str]:
        """All of it by name, in the order of the names: for lists that people read."""
        names = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("calibrated", "from_project")}
        found: dict[str, float | str] = {n: v if isinstance(v, str) else float(v) for n, v in names.items()}
        found |= {"nvict": 0.0, "calibrated": "yes" if self.calibrated else "no"}
        if self.from_project:
            found["from_project"] = ", ".join(self.from_project)
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Xanes(Result):
    """One sample at one edge near the edge itself; all there is of a scan that is too short for EXAFS."""

    sample: str
    element: str
    edge: str
    scans: tuple[ScanUse, ...]
    energy_ev: FloatArray
    mu: FloatArray
    mu_sigma: FloatArray
    flattened: FloatArray
    e0: Estimate
    """eV; its sigma is the standard error of the scans' own and of their alignment, 0 for a single scan, which tells none."""
    edge_step: Estimate
    white_line: Estimate | None
    """Top of the white line, eV."""
    white_line_area: Estimate | None
    """Above an arctangent edge, eV of the edge step."""
    verdict: Verdict

    def __post_init__(self) -> None:
        freeze(self, energy_ev=float, mu=float, mu_sigma=float, flattened=float)

    @property
    def key(self) -> EdgeKey:
        """What it is of."""
        return self.sample, self.element, self.edge


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReducedAbsorption(Result):
    """One sample at one edge: merged, normalised, background removed, transformed."""

    sample: str
    element: str
    edge: str
    scans: tuple[ScanUse, ...]
    energy_ev: FloatArray
    mu: FloatArray
    mu_sigma: FloatArray
    """(n,) standard error of the merged mu."""
    normalized: FloatArray
    flattened: FloatArray
    background: FloatArray
    """(n,) mu0(E), same scale as ``mu``."""
    pre_edge: FloatArray
    post_edge: FloatArray
    e0_ev: float
    edge_step: Estimate
    k_per_angstrom: FloatArray
    chi: FloatArray
    chi_sigma: FloatArray
    r_angstrom: FloatArray
    chi_r_re: FloatArray
    chi_r_im: FloatArray
    chi_r_noise: float
    """1 sigma of Re and Im chi(R) from noise, angstrom^-(w+1)."""
    k_min: float
    k_max: float
    dk: float
    k_weight: int
    window: str
    rbkg_angstrom: float
    wavelet: WaveletMap | None
    settings: ReductionUsed
    edge_step_bias: float = 0.0
    """Relative difference of an arctangent edge's step: in ``edge_step.sigma``, common to samples of one edge for the most part."""
    over_absorption: OverAbsorption | None = None
    """None in transmission."""
    xanes: Xanes | None = None

    def __post_init__(self) -> None:
        names = ("energy_ev", "mu", "mu_sigma", "normalized", "flattened", "background", "pre_edge", "post_edge",
                 "k_per_angstrom", "chi", "chi_sigma", "r_angstrom", "chi_r_re", "chi_r_im")  # fmt: skip
        freeze(self, **dict.fromkeys(names, float))

    @property
    def key(self) -> EdgeKey:
        """What it is of."""
        return self.sample, self.element, self.edge


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ScatteringPath:
    """One FEFF path."""

    file: str
    reff_angstrom: float
    degeneracy: float
    legs: int
    amplitude_percent: float
    label: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ShellFit(Result):
    """First shell (and, where asked, the collinear multiple scattering) of one sample at one edge."""

    sample: str
    element: str
    edge: str
    shell: str
    """e.g. ``Cl``"""
    coordination: Estimate
    distance_angstrom: Estimate
    sigma2_angstrom2: Estimate
    e0_shift_ev: Estimate
    s02: Estimate
    s02_origin: str
    """How N S02 was split: ``calibrated on LCF-Ta``, ``assumed`` …"""
    systematic_angstrom: float
    """Spread of the distance over rbkg and ranges, angstrom: a part of its sigma, as the next two are."""
    k_min: float
    k_max: float
    r_min: float
    r_max: float
    k_weights: tuple[int, ...]
    n_independent: float
    n_variables: int
    r_factor: float
    chi2_reduced: float
    correlations: Mapping[str, float]
    paths: tuple[ScatteringPath, ...]
    feff_version: str
    structure: str
    """The model FEFF was run on, with its source."""
    r_angstrom: FloatArray
    model_chi_r_re: FloatArray
    model_chi_r_im: FloatArray
    verdict: Verdict
    structure_kind: StructureKind = "crystal"
    structure_title: str = ""
    """The model's short name: ``octahedron TaCl6``, ``SmCl3``, or the CIF file."""
    distance_sigma_statistical_angstrom: float = 0.0
    distance_sigma_theory_angstrom: float = 0.0
    """What FEFF leaves in an absolute distance, or the error of the known distance that it is calibrated by."""
    distance_origin: str = ""
    """Where the phase is from: ``FEFF``, or ``calibrated on LCF-Ta (2.36 Å)``."""
    distance_reference: str = ""
    distance_difference_angstrom: Estimate | None = None
    """Distance less that of ``distance_reference``, of the same model: no error of theory is in it."""
    feff_inputs: Mapping[str, str] = field(default_factory=dict)
    """Name of the cluster -> text of its complete feff.inp, for the archive."""

    def __post_init__(self) -> None:
        freeze(self, r_angstrom=float, model_chi_r_re=float, model_chi_r_im=float)

    @property
    def key(self) -> EdgeKey:
        """What it is of."""
        return self.sample, self.element, self.edge


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Distortion(Result):
    """Ratio of collinear multiple to single scattering, by fit and by wavelet, against the reference sample."""

    sample: str
    element: str
    edge: str
    reference_sample: str | None
    ms_to_ss_ratio: Estimate | None
    """Multiple over single scattering by the fit with tied parameters, in the box of f1; 1 is undistorted in the model of FEFF."""
    f1_intensity: Estimate | None
    """Size of that signal in the wavelet map, the fitted first shell taken off, over the first shell."""
    f1_k_per_angstrom: float | None
    f1_r_angstrom: float | None
    relative_change: Estimate | None
    """ratio(sample)/ratio(reference) - 1, from the fit."""
    relative_change_wavelet: Estimate | None
    bend_degree: Estimate | None
    """Mean bending angle, only with the model stated in a finding."""
    verdict: Verdict

    @property
    def compared(self) -> bool:
        """True where there is another sample that it is compared with."""
        return self.reference_sample not in (None, self.sample)


ReducedOrXanes: TypeAlias = ReducedAbsorption | Xanes
"""What the scans of one sample at one edge give: all, or what stands near the edge."""
EdgeResult: TypeAlias = ShellFit | Distortion
"""What the joint work of an edge leaves."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AbsorptionSummary:
    """All that tables, page and archive of absorption are made from, in the order of the study."""

    absorption: tuple[ReducedAbsorption, ...] = ()
    xanes: tuple[Xanes, ...] = ()
    """Of every sample and edge, also of those without EXAFS."""
    shells: tuple[ShellFit, ...] = ()
    """In the order of the edges' names, then of the study; so too ``distortions``."""
    distortions: tuple[Distortion, ...] = ()
