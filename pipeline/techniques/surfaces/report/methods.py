"""Words for the methods of a paper."""

from __future__ import annotations

from pipeline.core.technique import Methods
from pipeline.techniques.surfaces.model import SurfaceSummary

SHAPES = {
    "voigt": "Voigt lines",
    "doniach": "Doniach–Šunjić lines convolved with a Gaussian",
}
BACKGROUNDS = {
    "shirley": "a Shirley background of the lines themselves on a straight line",
    "tougaard": "a Tougaard background of the lines themselves on a straight line",
    "linear": "a straight line as background",
}
SOURCES = {
    "shirley": "D. A. Shirley, Phys. Rev. B 5 (1972) 4709",
    "tougaard": "S. Tougaard, Surf. Interface Anal. 25 (1997) 137",
    "doniach": "S. Doniach, M. Šunjić, J. Phys. C 3 (1970) 285",
}
COMMON = (
    "J. F. Moulder et al., Handbook of X-ray Photoelectron Spectroscopy, Physical Electronics (1995)",
    "G. Schwarz, Ann. Stat. 6 (1978) 461",
)


def describe_methods(summary: SurfaceSummary) -> Methods:
    """Nothing where there is no spectrum."""
    if not summary.fits:
        return Methods()
    backgrounds = list(dict.fromkeys(f.row.background for _, f in summary.fits))
    shapes = list(dict.fromkeys(f.row.shape for _, f in summary.fits))
    words = (
        f"Photoelectron spectra. {' and '.join(SHAPES[s] for s in shapes)}, in spin–orbit pairs with tabulated splitting and the "
        f"ratio of their degeneracies, were fitted together with {' or '.join(BACKGROUNDS[b] for b in backgrounds)}; nothing was "
        "subtracted before. Weights are those of the Poisson distribution of the fitted counts. The number of components, and "
        "whether each has a width of its own, is that of the lowest Bayesian information criterion. Area fractions carry the whole "
        "covariance of the fit; binding energies also the uncertainty of the charge reference, which no fraction depends on."
    )
    paragraphs = [words]
    if summary.changes:
        paragraphs.append(
            "States were compared by a fit of both spectra at once, with the same lines but for one shift and one broadening; a "
            "species that is absent has a one-sided 95 % upper limit."
        )
    sources = (*(SOURCES[n] for n in (*backgrounds, *shapes) if n in SOURCES), *COMMON)
    return Methods(paragraphs=tuple(paragraphs), sources=sources)
