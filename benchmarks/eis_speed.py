"""Time of impedance fits, side by side on the same spectra and one core (python benchmarks/eis_speed.py [spectra]).

1. This project, everything: check with Kramers-Kronig, 0 to 3 arcs, proof of the minimum, intervals, verdicts.
2. Reference, one order only: scipy least_squares on log-parameters, numeric Jacobian, best of 10 starts.
3. impedance.py: one CustomCircuit.fit from a guess within a factor of 10.
4. A series of 10 temperatures.  5. A thousand spectra through one process: time and memory in steps.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import resource
import sys
import time
import warnings

import numpy as np
from eis_reference import FREQUENCY_HZ, OMEGA, cell, noisy, polish, reference_fit, spectrum, three, true_theta

from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.series.joint_fit import fit_series
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings, SeriesSettings

RATIOS = (100, 30, 20, 10)


def everything(s):
    return fit_arcs(check_spectrum(s, EisCheckSettings()), ArcSettings())


def cost(z, fitted):
    return float(np.sum(np.abs((fitted - z) / z) ** 2))


def clock(function, items):
    """Seconds of each call."""
    out, results = [], []
    for x in items:
        t = time.perf_counter()
        results.append(function(x))
        out.append(time.perf_counter() - t)
    return np.array(out), results


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def custom_circuit(item):
    from impedance.models.circuits import CustomCircuit

    arcs, s, seed = item
    rng = np.random.default_rng(seed)
    truth = [v for r, tau, n in arcs for v in (r, tau**n / r, n)] + [2e-6, 0.85]
    guess = [
        v * 10 ** rng.uniform(-1, 1) if not (i % 3 == 2 or i == len(truth) - 1) else rng.uniform(0.75, 1)
        for i, v in enumerate(truth)
    ]
    circuit = CustomCircuit("p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-CPE4", initial_guess=guess)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            circuit.fit(s.frequency_hz, s.impedance_ohm, weight_by_modulus=True)
            return circuit.predict(s.frequency_hz)
        except RuntimeError:
            return np.full(s.frequency_hz.size, np.inf)


def temperature_series(seed):
    out = []
    for i, t in enumerate(np.arange(203.15, 303.0, 10.0)):
        grow = [np.exp(e / 8.617333262e-5 * (1 / t - 1 / 203.15)) * t / 203.15 for e in (0.40, 0.30, 0.25)]
        arcs = [(r * g, tau * g, n) for (r, tau, n), g in zip(three(10), grow, strict=True)]
        out.append(spectrum(noisy(cell(arcs), 100 * seed + i), temperature_k=float(t), file=f"{t:.0f}K"))
    return out


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    arcs = [three(RATIOS[i % len(RATIOS)]) for i in range(n)]
    spectra = [spectrum(noisy(cell(a), i)) for i, a in enumerate(arcs)]
    everything(spectra[0])
    ours, fits = clock(everything, spectra)
    checks, _ = clock(lambda s: check_spectrum(s, EisCheckSettings()), spectra)
    oracle = np.array([polish(*true_theta(a), OMEGA, s.impedance_ohm)[1] for a, s in zip(arcs, spectra, strict=True)])
    mine = np.array([cost(s.impedance_ohm, f.fitted_ohm) for s, f in zip(spectra, fits, strict=True)])
    reference, found = clock(
        lambda i: reference_fit(OMEGA, spectra[i].impedance_ohm, (3, False, False, True), 10, i)[1], range(n)
    )
    found = np.array(found)
    import impedance.models.circuits  # noqa: F401  (its import is not part of the comparison)

    peer, predicted = clock(custom_circuit, [(a, s, i) for i, (a, s) in enumerate(zip(arcs, spectra, strict=True))])
    theirs = np.array([cost(s.impedance_ohm, p) for s, p in zip(spectra, predicted, strict=True)])

    def line(name, seconds, chi2):
        ok = np.mean(chi2 <= 1.01 * oracle)
        print(
            f"{name:<52} median {1e3 * np.median(seconds):8.1f} ms, mean {1e3 * seconds.mean():8.1f} ms; minimum found {ok:6.1%}; "
            f"times ours {np.median(seconds) / np.median(ours):6.1f}"
        )

    print(f"{n} spectra of {FREQUENCY_HZ.size} points, three arcs, tau ratios {RATIOS}, noise 0.3 %")
    line("this project, everything", ours, mine)
    print(f"{'  of which check and Kramers-Kronig':<52} median {1e3 * np.median(checks):8.1f} ms")
    line("reference, three arcs only, 10 starts", reference, found)
    line("impedance.py CustomCircuit.fit, one guess", peer, theirs)
    print(
        f"chi2 lower than or equal to impedance.py's (1e-6): {np.mean(mine <= theirs * (1 + 1e-6)):.1%} of the spectra"
    )
    print(f"chi2 lower than or equal to the reference's (1 %): {np.mean(mine <= found * 1.01):.1%} of the spectra")
    for seed in range(3):
        series = [everything(s) for s in temperature_series(seed)]
        t, results = clock(lambda fs: fit_series("HSE", fs, SeriesSettings()), [series])
        energies = ", ".join(f"{a.activation_energy_ev.value:.4f}" for a in results[0].arcs)
        print(f"series of {len(series)} temperatures: {t[0]:.2f} s; {results[0].usable.level}; Ea {energies} eV")
    start = time.perf_counter()
    for k in range(1000):
        everything(spectra[k % n])
        if (k + 1) % 250 == 0:
            print(f"{k + 1:5d} spectra: {time.perf_counter() - start:6.1f} s, peak {peak_mb():.0f} MB", flush=True)


if __name__ == "__main__":
    main()
