"""Real spectra (HSE_REAL_DATA): our cost against the best of 50 starts of scipy and of impedance.py, same circuit, same points.

python benchmarks/eis_real.py [starts]
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import numpy as np
from eis_reference import reference_fit

from pipeline.core.errors import PipelineError
from pipeline.core.sample import RawFile
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

FILES = (
    "hybrid-drt/tutorials_PEIS_LPSCl_IonBlocking_-25C.mpr",
    "hybrid-drt/tutorials_PEIS_SSB.mpr",
    "hybrid-drt/webinar_Sample1_PEIS_EndOfDischarge.mpr",
    "InES_VMP3_SSB/20220309_(Form02C)EIS_charging_10bis16V_step_01V+(1C+EIS)50cycle_03_GEIS_C08.mpt",
    "InES_VMP3_SSB/Cell001_Form_20uA_25T_30RH_Cycle1to10_03_GEIS_CA1.mpr",
    "InES_VMP3_SSB/Cell007_Form_200uA_25T_30RH_Cycle1to10_03_GEIS_CA7.mpr",
    "thesis_VMP3_LATP/S+C_LATP_Au__OCV_PEIS__ECLab-Export__Test01_02_PEIS_C03.mpt",
    "thesis_VMP3_LATP/LiNiMnO_LATP_LTO-Spinell__ECLab-Export__LiNiMnO-LATP-LTO_Spinell_02_PEIS_C01.mpt",
    "EZ/EIS CFO pH14 light.mpt",
    "cheminfo/geis.mpt",
    "amundmr_eisfit/20201202-KS-KS326-PEIS-10mV-1MHz-100mHz-20ptsprdec-charged_symmetric_inert_ref_LMO-VSP_C03.mpt",
    "cd-app_VMP300_7MHz/60C_AGFKBiF_K3Bi09Zr01F61_PbSnF4PbAB_02_PEIS_C13.mpr",
)

MAX_EVALUATIONS = 300
"""Of impedance.py from each start, Jacobians apart: its own limit of 1e5 takes minutes for one start."""


def impedance_py(fit, w, z, starts):
    from impedance.models.circuits import CustomCircuit

    rng, best = np.random.default_rng(0), np.inf
    for _ in range(starts):
        guess = [
            rng.uniform(0.6, 1.0) if name.endswith("_1") else value * 10 ** rng.uniform(-1, 1)
            for name, value in zip(fit.parameter_names, fit.parameter_values, strict=True)
        ]
        circuit = CustomCircuit(fit.circuit, initial_guess=guess)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                circuit.fit(w / (2 * np.pi), z, weight_by_modulus=True, maxfev=MAX_EVALUATIONS)
            except (RuntimeError, ValueError):
                continue
            best = min(best, float(np.sum(np.abs((circuit.predict(w / (2 * np.pi)) - z) / z) ** 2)))
    return best


def main() -> None:
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    folder = Path(os.environ["HSE_REAL_DATA"]) / "eis"
    for name in FILES:
        data = (folder / name).read_bytes()
        print(name)
        try:
            spectrum = read_impedance(RawFile(name=name, data=data, size=len(data)), DelimitedSettings())[0]
            fit = fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings())
        except PipelineError as error:
            print(f"    refused: {error.field}: {error.problem}")
            continue
        keep = np.array(fit.checked.keep)
        w, z = 2 * np.pi * spectrum.frequency_hz[keep], spectrum.impedance_ohm[keep]
        names = fit.parameter_names
        terms = (fit.n_arcs, "R0" in names, "L0" in names, f"CPE{fit.n_arcs + 1}_0" in names)
        mine = float(np.sum(np.abs((fit.fitted_ohm[keep] - z) / z) ** 2))
        scipys = reference_fit(w, z, terms, starts)[1]
        peers = impedance_py(fit, w, z, starts)
        print(
            f"    {fit.circuit}: chi2 {mine:.6g}; best of {starts} starts, over ours: scipy {scipys / mine:.5f}, "
            f"impedance.py (guesses within a factor of 10 of our result) {peers / mine:.5f}\n"
            f"    KK {fit.checked.kk.level}; total {fit.total_resistance and round(fit.total_resistance.value, 1)} ohm; "
            f"{fit.verdict.level}: {fit.verdict.reason}",
            flush=True,
        )


if __name__ == "__main__":
    main()
