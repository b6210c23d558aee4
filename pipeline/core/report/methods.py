"""The methods text: what was done to these data, in words that can go into a paper, with the sources of the equations."""

from __future__ import annotations

from pipeline.core.report.blocks import Bullets, Cell, Prose, Section
from pipeline.core.summary import RunSummary

SOURCES = {
    "golub": "G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10 (1973) 413 (variable projection)",
    "hurvich": "C. M. Hurvich, C.-L. Tsai, Biometrika 76 (1989) 297 (corrected information criterion)",
    "schwarz": "G. Schwarz, Ann. Stat. 6 (1978) 461 (Bayesian information criterion)",
    "venzon": "D. J. Venzon, S. H. Moolgavkar, Appl. Stat. 37 (1988) 87 (profile likelihood)",
    "turek": "D. Turek, D. Fletcher, Comput. Stat. Data Anal. 56 (2012) 2809 (intervals over models)",
    "hsu": "C. H. Hsu, F. Mansfeld, Corrosion 57 (2001) 747 (capacitance of an R-CPE arc)",
    "brug": "G. J. Brug et al., J. Electroanal. Chem. 176 (1984) 275 (capacitance of a blocking CPE)",
    "irvine": "J. T. S. Irvine, D. C. Sinclair, A. R. West, Adv. Mater. 2 (1990) 132 (capacitance and region)",
    "boukamp": "B. A. Boukamp, J. Electrochem. Soc. 142 (1995) 1885 (linear Kramers-Kronig test)",
    "schonleber": "M. Schönleber, D. Klotz, E. Ivers-Tiffée, Electrochim. Acta 131 (2014) 20 (order of that test)",
    "efron": "B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall (1993)",
    "fieller": "E. C. Fieller, J. R. Stat. Soc. B 16 (1954) 175 (interval of a ratio)",
    "newville93": "M. Newville, P. Līviņš, Y. Yacoby, J. J. Rehr, E. A. Stern, Phys. Rev. B 47 (1993) 14126 (background)",
    "newville13": "M. Newville, J. Phys.: Conf. Ser. 430 (2013) 012007 (larch)",
    "zabinsky": "S. I. Zabinsky, J. J. Rehr, A. Ankudinov, R. C. Albers, M. J. Eller, Phys. Rev. B 52 (1995) 2995 (FEFF6)",
    "stern": "E. A. Stern, Phys. Rev. B 48 (1993) 9825 (independent points)",
    "munoz": "M. Muñoz, P. Argoul, F. Farges, Am. Mineral. 88 (2003) 694 (Cauchy wavelet)",
    "funke": "H. Funke, A. C. Scheinost, M. Chukalina, Phys. Rev. B 71 (2005) 094110 (Morlet wavelet)",
    "ixs": "IXS Standards and Criteria Committee, Error Reporting Recommendations (2000)",
}


def method_section(summary: RunSummary) -> Section:
    """Paragraphs for the techniques of this run, then their sources."""
    found = [t for t in (_impedance(summary), _conduction(summary), _sweeps(summary), _absorption(summary)) if t]
    paragraphs = [_general(summary), *(text for text, _ in found)]
    keys = list(dict.fromkeys(k for _, used in found for k in used))
    blocks: list[Prose | Bullets] = [Prose(paragraphs=tuple(paragraphs))]
    if keys:
        blocks.append(Bullets(title="Sources", items=tuple(Cell(text=SOURCES[k]) for k in keys)))
    return Section(id="methods", title="Methods", blocks=tuple(blocks))


def _general(summary: RunSummary) -> str:
    versions = summary.provenance.get("versions")
    mine = f" {versions['hse-pipeline']}" if isinstance(versions, dict) and "hse-pipeline" in versions else ""
    kind = "The data are simulated. " if summary.simulated else ""
    return (
        f"{kind}All data were reduced by hse-pipeline{mine}. Uncertainties are standard uncertainties (k = 1) with "
        "95 % intervals, which may be asymmetric. Verdicts: resolved, the number can be printed; weak, it can be "
        "printed with its interval; unresolved, the data do not determine it and it is withheld; refused, the data "
        "cannot give it. Points are left out with a reason, never deleted."
    )


def _impedance(summary: RunSummary) -> tuple[str, tuple[str, ...]] | None:
    if not summary.spectra:
        return None
    text = (
        "Impedance. Each spectrum was tested for Kramers–Kronig consistency by a linear fit of RC elements with "
        "series inductance and capacitance. It was then fitted by an inductance, a series resistance, up to three "
        "R‖CPE arcs and a blocking CPE, each term only where the data ask for it: residuals relative to the "
        "modulus, logarithmic parameters, resistances eliminated by variable projection, many starts, and the "
        "minimum taken as global when independent starts meet in it. Orders were compared by information criteria "
        "and physical conditions. Circuits that differ in the single terms count in sigma and in the intervals by "
        "their Akaike weight; where sigma exceeds 5 %, intervals come from the profile likelihood. Where the misfit "
        "is beyond the noise, one arc more was tried, and what it moves is in sigma. "
        "Capacitances are C = (Q R^(1−n))^(1/n). "
    )
    if any(p.series is not None for p in summary.pellets):
        text += (
            "All temperatures of a pellet were also fitted at once, with the resistances of each arc tied by "
            "Arrhenius and its capacitance and exponent shared; an F-test against free resistances decides whether "
            "that may be used. "
        )
    text += (
        "Arcs were given a region by the order of C·l/A, permittivity, apex frequency, activation energy and the "
        "pristine phases measured the same way; raw capacitances were not used, because the published table holds "
        "for l/A = 1 cm⁻¹."
    )
    return text, ("golub", "hurvich", "schwarz", "turek", "venzon", "hsu", "brug", "irvine", "boukamp", "schonleber")


def _conduction(summary: RunSummary) -> tuple[str, tuple[str, ...]] | None:
    if not summary.arrhenius:
        return None
    text = (
        "Conductivity is σ = l/(R A). Lines ln(σT) = ln A − Ea/(kB T), and ln σ beside it, were fitted around the "
        "harmonic mean temperature, where value and Ea are uncorrelated, with Student intervals; two segments were "
        "taken only where BIC asks for them. "
    )
    if summary.optima:
        text += "The best composition is the top of a parabola in ln σ near the largest value, with Fieller's interval."
    return text.strip(), ("schwarz", "fieller") if summary.optima else ("schwarz",)


def _sweeps(summary: RunSummary) -> tuple[str, tuple[str, ...]] | None:
    if not summary.sweeps:
        return None
    text = (
        "Potential sweeps. The segment at open circuit was dropped, the scan rate taken from time and potential, "
        "and a capacitive baseline fitted up to a breakpoint that the data choose. Onsets: the potentials at which "
        "the current density above the baseline reaches each threshold, at which it departs by 5 sigma of the "
        "noise (baseline and foot fitted together), and the tangent for comparison with the literature; intervals "
        "by residual bootstrap."
    )
    return text, ("efron",)


def _absorption(summary: RunSummary) -> tuple[str, tuple[str, ...]] | None:
    if not summary.absorption:
        return None
    text = (
        "X-ray absorption. Glitches of up to four points were masked, not replaced. Scans were aligned by their "
        "reference channel where there is one, outliers left out with the reason, and merged by weight over their "
        "common range with standard errors. The background is a spline that minimises χ(R) below rbkg; the noise "
        "of µ(E) is carried into χ(k) and χ(R). "
    )
    keys = ["newville93", "newville13"]
    if summary.shells:
        versions = ", ".join(dict.fromkeys(s.feff_version for s in summary.shells if s.feff_version))
        text += (
            f"First shells were fitted in R space at several k-weights at once with paths of {versions or 'FEFF'}; "
            "S0² was calibrated on the reference where the table says so and its uncertainty carried into N; "
            "samples of one edge share the threshold energy where their free fits agree. "
        )
        keys += ["zabinsky", "stern", "ixs"]
    kinds = {a.wavelet.kind for a in summary.absorption if a.wavelet is not None}
    keys += [key for kind, key in (("cauchy", "munoz"), ("morlet", "funke")) if kind in kinds]
    if summary.distortions:
        text += (
            "Distortion is the ratio of collinear multiple scattering to single scattering, from a fit with "
            "sigma²(MS) = 2 sigma²(SS) and ΔR(MS) = 2 ΔR(SS), and independently from a box of the wavelet map "
            "divided by the first shell; it is blind to bends below about 5°."
        )
    return text.strip(), tuple(keys)
