"""What was done to the scans, in words that can go into a paper, with the sources of the equations."""

from __future__ import annotations

from pipeline.core.technique import Methods
from pipeline.techniques.absorption.model import AbsorptionSummary

BACKGROUND = (
    "M. Newville, P. Līviņš, Y. Yacoby, J. J. Rehr, E. A. Stern, Phys. Rev. B 47 (1993) 14126 (background)",
    "M. Newville, J. Phys.: Conf. Ser. 430 (2013) 012007 (larch)",
)
SHELLS = (
    "S. I. Zabinsky, J. J. Rehr, A. Ankudinov, R. C. Albers, M. J. Eller, Phys. Rev. B 52 (1995) 2995 (FEFF6)",
    "E. A. Stern, Phys. Rev. B 48 (1993) 9825 (independent points)",
    "IXS Standards and Criteria Committee, Error Reporting Recommendations (2000)",
)
WAVELETS = {
    "cauchy": "M. Muñoz, P. Argoul, F. Farges, Am. Mineral. 88 (2003) 694 (Cauchy wavelet)",
    "morlet": "H. Funke, A. C. Scheinost, M. Chukalina, Phys. Rev. B 71 (2005) 094110 (Morlet wavelet)",
}


def describe_methods(summary: AbsorptionSummary) -> Methods:
    """One paragraph; nothing where no scan was reduced."""
    if not summary.absorption:
        return Methods()
    text = (
        "X-ray absorption. Glitches of up to four points were masked, not replaced. Scans were aligned by their "
        "reference channel where there is one, outliers left out with the reason, and merged by weight over their "
        "common range with standard errors. The background is a spline that minimises χ(R) below rbkg; the noise "
        "of µ(E) is carried into χ(k) and χ(R). "
    )
    sources = [*BACKGROUND]
    if summary.shells:
        versions = ", ".join(dict.fromkeys(s.feff_version for s in summary.shells if s.feff_version))
        text += (
            f"First shells were fitted in R space at several k-weights at once with paths of {versions or 'FEFF'}; "
            "S0² was calibrated on the reference where the table says so and its uncertainty carried into N; "
            "samples of one edge share the threshold energy where their free fits agree. "
        )
        sources += SHELLS
    kinds = {a.wavelet.kind for a in summary.absorption if a.wavelet is not None}
    sources += [source for kind, source in WAVELETS.items() if kind in kinds]
    if summary.distortions:
        text += (
            "Distortion is the ratio of collinear multiple scattering to single scattering, from a fit with "
            "sigma²(MS) = 2 sigma²(SS) and ΔR(MS) = 2 ΔR(SS), and independently from a box of the wavelet map "
            "divided by the first shell; it is blind to bends below about 5°."
        )
    return Methods(paragraphs=(text.strip(),), sources=tuple(sources))
