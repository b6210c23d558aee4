"""The headline spectra of a sample fitted again by impedance.py and by lmfit, each from our minimum.

impedance.py gets no bounds: within bounds it shifts a Q of 1e-11 to 1e-10 before it starts, and scales nothing; without them it
uses MINPACK, which scales by itself.  What stands at a limit is a constant for both.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.values import Verdict
from pipeline.science.statistics import sigmas_of
from pipeline.techniques.impedance.circuits import read_circuit
from pipeline.techniques.impedance.fit.circuits.lmfit_problem import lmfit_name, pose_for_lmfit
from pipeline.techniques.impedance.fit.circuits.model import Data, theta_of
from pipeline.techniques.impedance.fit.exchange import teach_skewed_arc
from pipeline.techniques.impedance.headline_spectra import headline_spectra
from pipeline.techniques.impedance.model import SpectrumFit
from pipeline.techniques.impedance.second_opinions import SecondOpinion

SAME_SIGMAS = 0.05
"""Differences up to this share of sigma change no digit that is printed."""
NEAR_SIGMAS = 1.0
MOST_EVALUATIONS = 3000
"""Of impedance.py, which makes Python of the circuit each time: some 10 s at most."""

Found = tuple[FloatArray, FloatArray, float]
"""Values and sigmas of the parameters that were free, in the units of the circuit, and the weighted sum of squares."""


def ask_others(sample: str, fits: Sequence[SpectrumFit]) -> list[SecondOpinion]:
    """Opinions about the coldest spectrum of a sample and the one nearest 25 °C."""
    return [opinion for fit in headline_spectra(fits) for opinion in ask_about(sample, fit)]


def ask_about(sample: str, fit: SpectrumFit) -> Iterator[SecondOpinion]:
    """What impedance.py and lmfit make of one spectrum and its circuit."""
    again = Again(sample, fit)
    yield again.answer(f"impedance.py {version('impedance')}", again.by_impedance_py)
    yield again.answer(f"lmfit {version('lmfit')}", again.by_lmfit)


class Again:
    """One spectrum, its circuit, and what of it may move."""

    def __init__(self, sample: str, fit: SpectrumFit) -> None:
        keep = np.array(fit.checked.keep)
        self.sample, self.fit, self.tree = sample, fit, read_circuit(fit.circuit)
        self.data = Data(2 * np.pi * fit.checked.spectrum.frequency_hz[keep], fit.checked.spectrum.impedance_ohm[keep])
        self.values, self.ln_sigma = np.array(fit.parameter_values), sigmas_of(fit.ln_covariance)
        self.free = np.flatnonzero(self.ln_sigma > 0)
        self.chi2 = self.squares(fit.fitted_ohm[keep])

    def squares(self, z: ComplexArray) -> float:
        """Weighted sum of squares of a model (n,) in ohm."""
        return float(np.sum(np.abs((z - self.data.z) * self.data.weight) ** 2))

    def by_impedance_py(self) -> Found:
        """By ``CustomCircuit.fit``."""
        from impedance.models.circuits import CustomCircuit

        teach_skewed_arc()
        names, frequency = self.tree.names, self.data.omega / (2 * np.pi)
        constants = {n: float(self.values[i]) for i, n in enumerate(names) if i not in self.free}
        circuit = CustomCircuit(self.tree.text, initial_guess=self.values[self.free].tolist(), constants=constants)
        unbounded = (-np.inf, np.inf)
        circuit.fit(frequency, self.data.z, bounds=unbounded, weight_by_modulus=True, maxfev=MOST_EVALUATIONS)
        return np.asarray(circuit.parameters_), np.asarray(circuit.conf_), self.squares(circuit.predict(frequency))

    def by_lmfit(self) -> Found:
        """By ``lmfit.Minimizer``, with logarithms of positive parameters and derivatives of its own."""
        theta, vary = theta_of(self.tree, self.values), np.isin(np.arange(self.values.size), self.free)
        far = np.where(self.tree.exponents, 0.0, theta - 30.0), np.where(self.tree.exponents, 1.0, theta + 30.0)
        minimizer = pose_for_lmfit(self.tree, self.data, theta, far, vary.tolist())
        minimizer.kws.pop("Dfun")
        found = minimizer.minimize()
        parameters = [found.params[lmfit_name(self.tree, int(i))] for i in self.free]
        bent = np.array(self.tree.exponents)[self.free]
        x, sigma = (np.array([float(getattr(p, what) or np.nan) for p in parameters]) for what in ("value", "stderr"))
        values = np.where(bent, x, np.exp(np.where(bent, 0.0, x)))
        return values, np.where(bent, sigma, values * sigma), float(found.chisqr)

    def answer(self, program: str, ask: Callable[[], Found]) -> SecondOpinion:
        """What the program found beside what we did; that it found nothing is an answer, too."""
        s = self.fit.checked.spectrum
        nothing = SecondOpinion(
            sample=self.sample,
            file=s.source.file,
            loop=s.loop,
            temperature_k=s.temperature_k,
            circuit=self.tree.text,
            program=program,
            verdict=Verdict(level="unresolved", reason="not asked", code="not_asked"),
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values, sigma, chi2 = ask()
        except Exception as error:  # another program may fail in any way
            why = f"gave up: {type(error).__name__}: {error}"[:300]
            return replace(nothing, verdict=Verdict(level="unresolved", reason=why, code="gave_up"))
        ours, names = self.values[self.free], [self.tree.names[i] for i in self.free]
        with np.errstate(all="ignore"):
            difference = np.log(values / ours) / self.ln_sigma[self.free]
            ratio = sigma / (ours * self.ln_sigma[self.free])
        return replace(
            nothing,
            names=tuple(names),
            values=_finite(values),
            difference_sigmas=_finite(difference),
            sigma_ratios=_finite(ratio),
            chi2_ratio=chi2 / self.chi2,
            verdict=_judge(names, difference, chi2 / self.chi2),
        )


def _finite(numbers: FloatArray) -> tuple[float | None, ...]:
    return tuple(float(x) if np.isfinite(x) else None for x in numbers)


def _judge(names: Sequence[str], difference: FloatArray, chi2_ratio: float) -> Verdict:
    size = np.nan_to_num(np.abs(difference), nan=np.inf)
    at = int(np.argmax(size)) if size.size else -1
    text = f"largest difference {size[at]:.2g} sigma, of {names[at]}" if size.size else "nothing was free to move"
    if chi2_ratio < 1 - 1e-4:
        why = f"{text}; its sum of squares is lower by {1 - chi2_ratio:.2g}"
        return Verdict(level="unresolved", reason=why, code="lower_minimum")
    if size.size and size[at] > NEAR_SIGMAS:
        return Verdict(level="unresolved", reason=text, code="differs")
    if size.size and size[at] > SAME_SIGMAS:
        return Verdict(level="weak", reason=text, code="near")
    return Verdict(level="resolved", reason=text, code="agrees")
