"""A circuit that a person wrote: ours against impedance.py's best of many starts.

    python benchmarks/own_circuits.py [spectra] [starts]

Both minimise the same sum, |Z_fit - Z|^2/|Z|^2.  impedance.py starts from guesses within a factor of ten of the truth, which a user
does not have; once from the truth itself; and once from our minimum with its parameters as scales, which it does not use by itself.
Truth: impedance.py's own formulas; noise 0.3 % of |Z| on Re and Im.
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np
from eis_reference import noisy, spectrum

from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.circuits.result import fit_circuit
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

F = np.geomspace(7e6, 0.05, 75)
CIRCUITS = (
    "R0-p(R1,CPE1)-p(R2,CPE2)-Wo1",
    "L0-R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-CPE4",
    "R0-p(R1-Wo1,CPE1)",
    "R0-p(R1,C1)-p(R2,CPE2)-Ws1",
)


def truth(circuit, rng):
    """Parameters of a cell: arcs 20 to 100 apart in time constant."""
    r, tau = 10 ** rng.uniform(2.5, 3.5, 4), 10 ** rng.uniform(-7, -6.5) * np.cumprod([1, *rng.uniform(20, 100, 3)])
    n = rng.uniform(0.82, 0.96, 4)
    q = tau**n / r
    slow = rng.uniform(1, 5)
    return {
        CIRCUITS[0]: [r[0] / 20, r[0], q[0], n[0], r[1], q[1], n[1], r[2] / 2, slow],
        CIRCUITS[1]: [1e-6, r[0] / 20, r[0], q[0], n[0], r[1], q[1], n[1], r[2], q[2], n[2], 2e-5, 0.85],
        CIRCUITS[2]: [r[0] / 20, r[1], r[2] / 2, slow, q[1], n[1]],
        CIRCUITS[3]: [r[0] / 20, r[0], tau[0] / r[0], r[1], q[1], n[1], r[2] / 2, slow],
    }[circuit]


def theirs(circuit, guess, z, **more):
    """Sum of squares of one fit by impedance.py, or infinity."""
    from impedance.models.circuits import CustomCircuit

    try:
        fit = CustomCircuit(circuit, initial_guess=list(guess)).fit(F, z, weight_by_modulus=True, **more)
        return float(np.sum(np.abs((fit.predict(F) - z) / z) ** 2))
    except (RuntimeError, ValueError):
        return np.inf


def main(spectra=24, starts=50):
    from impedance.models.circuits import CustomCircuit

    warnings.simplefilter("ignore")
    worse, ratios, mine, found = [], [], [], 0
    for i in range(spectra):
        circuit, rng = CIRCUITS[i % len(CIRCUITS)], np.random.default_rng([5, i])
        p = np.array(truth(circuit, rng))
        model = CustomCircuit(circuit, initial_guess=p.tolist())
        z = noisy(np.asarray(model.predict(F, use_initial=True)), i)
        checked = check_spectrum(spectrum(z, F), EisCheckSettings())
        keep = np.array(checked.keep)
        if not keep.all():
            checked = check_spectrum(spectrum(z, F), EisCheckSettings(max_point_sigmas=1e3))
        t = time.process_time()
        fit = fit_circuit(checked, circuit, {}, ArcSettings())
        mine.append(time.process_time() - t)
        ours = float(np.sum(np.abs((fit.fitted_ohm - z) / z) ** 2))
        from_truth, values = theirs(circuit, p, z), np.array(fit.parameter_values)
        scaled = theirs(circuit, np.where(values < 1, values * (1 - 1e-6), values), z, x_scale=values)
        t = time.process_time()
        bent = np.array([name.endswith("_1") and name.startswith("CPE") for name in fit.parameter_names])
        guesses = [
            np.where(bent, rng.uniform(0.6, 1.0, p.size), p * 10 ** rng.uniform(-1, 1, p.size)) for _ in range(starts)
        ]
        costs = [theirs(circuit, g, z) for g in guesses]
        spent = time.process_time() - t
        best = min([from_truth, scaled, *costs])
        found += sum(c < (1 + 1e-4) * best for c in costs)
        worse.append(ours / best - 1)
        ratios.append(spent / mine[-1])
        line = f"{i:3d} {circuit:<45} ours/best - 1 {worse[-1]:+.1e}, from truth {ours / from_truth - 1:+.1e}"
        line += f", from ours and scaled {ours / scaled - 1:+.1e}; {mine[-1]:.2f} s"
        line += f", {spent:.0f} s ({ratios[-1]:.0f} times)" if starts else ""
        print(f"{line}; {fit.verdict.level}, {fit.scores[0].hits} of {fit.scores[0].starts}", flush=True)
    print(
        f"largest excess of ours {max(worse):+.1e}; ours {np.median(mine):.2f} s median, {max(mine):.2f} s at most",
        end="",
    )
    print(
        f"; {min(ratios):.0f} to {max(ratios):.0f} times faster; {found / spectra:.1f} of {starts} starts find it"
        if starts
        else ""
    )


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
