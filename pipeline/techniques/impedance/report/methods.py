"""What was done to the spectra, in words that can go into a paper, with the sources of the equations."""

from __future__ import annotations

from pipeline.core.technique import Methods
from pipeline.techniques.impedance.model import ImpedanceSummary

SOURCES = {
    "golub": "G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10 (1973) 413 (variable projection)",
    "hurvich": "C. M. Hurvich, C.-L. Tsai, Biometrika 76 (1989) 297 (corrected information criterion)",
    "schwarz": "G. Schwarz, Ann. Stat. 6 (1978) 461 (Bayesian information criterion)",
    "venzon": "D. J. Venzon, S. H. Moolgavkar, Appl. Stat. 37 (1988) 87 (profile likelihood)",
    "turek": "D. Turek, D. Fletcher, Comput. Stat. Data Anal. 56 (2012) 2809 (intervals over models)",
    "hsu": "C. H. Hsu, F. Mansfeld, Corrosion 57 (2001) 747 (capacitance of an R-CPE arc)",
    "irvine": "J. T. S. Irvine, D. C. Sinclair, A. R. West, Adv. Mater. 2 (1990) 132 (capacitance and region)",
    "boukamp": "B. A. Boukamp, J. Electrochem. Soc. 142 (1995) 1885 (linear Kramers-Kronig test)",
    "schonleber": "M. Schönleber, D. Klotz, E. Ivers-Tiffée, Electrochim. Acta 131 (2014) 20 (order of that test)",
    "fieller": "E. C. Fieller, J. R. Stat. Soc. B 16 (1954) 175 (interval of a ratio)",
}


def describe_methods(summary: ImpedanceSummary) -> Methods:
    """Paragraphs for what this run has, and their sources in the order of their first use."""
    found = [part for part in (_impedance(summary), _conduction(summary)) if part]
    keys = dict.fromkeys(key for _, used in found for key in used)
    return Methods(paragraphs=tuple(text for text, _ in found), sources=tuple(SOURCES[key] for key in keys))


def _impedance(summary: ImpedanceSummary) -> tuple[str, tuple[str, ...]] | None:
    if not summary.spectra:
        return None
    text = (
        "Impedance. A single point further than 5 sigma from a smooth spectrum through all others (studentised "
        "deleted residual) was left out. Each spectrum was tested for Kramers–Kronig consistency by a linear fit of "
        "RC elements with series inductance and capacitance. It was then fitted by an inductance, a series resistance, up to three "
        "R‖CPE or skewed arcs and a blocking CPE or finite-length diffusion, each term only where the data ask for it: "
        "residuals relative to the modulus, logarithmic parameters, resistances eliminated by variable projection, many "
        "starts, and the minimum taken as global when independent starts meet in it. Orders were compared by information criteria "
        "and physical conditions. Circuits that differ in the single terms count in sigma and in the intervals by "
        "their Akaike weight; where sigma exceeds 5 %, intervals come from the profile likelihood. Where the misfit "
        "is beyond the noise, one arc more was tried, and what it moves is in sigma. "
        "Capacitances are C = (Q R^(1−n))^(1/n). "
    )
    if any(fit.parameters for _, fit in summary.spectra):
        text += (
            "Where the study gives the circuit, in the elements of impedance.py, it was fitted from many starts and by lmfit in "
            "logarithms of the positive parameters, with profile intervals where sigma exceeds 5 %; resistances of R‖CPE and R‖C "
            "in series, and R in series, make the total where nothing else in the circuit may hold some of it. "
        )
    if summary.relaxations:
        text += (
            "Distributions of relaxation times (Tikhonov, non-negative, strength by generalised cross validation) are shown as "
            "evidence only. "
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
    return text, ("golub", "hurvich", "schwarz", "turek", "venzon", "hsu", "irvine", "boukamp", "schonleber")


def _conduction(summary: ImpedanceSummary) -> tuple[str, tuple[str, ...]] | None:
    if not summary.arrhenius:
        return None
    text = (
        "Conductivity is σ = l/(R A). Lines ln(σT) = ln A − Ea/(kB T), and ln σ beside it, were fitted around the "
        "harmonic mean temperature, where value and Ea are uncorrelated, with Student intervals; two segments were "
        "taken only where BIC asks for them. σ(25 °C) is the value measured within 2 K of it, else that between its "
        "neighbours, else the sum of the regions, and by the line only where 25 °C lies beyond all that was measured. "
        "Standard uncertainties hold the thermometer, the contacts and the geometry beside the scatter. "
    )
    if summary.optima:
        text += "The best composition is the top of a parabola in ln σ near the largest value, with Fieller's interval."
    return text.strip(), ("schwarz", "fieller") if summary.optima else ("schwarz",)
