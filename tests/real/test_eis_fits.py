"""Real spectra: no worse than the best of many starts of scipy on the same circuit, with verdicts that an expert would sign."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from pipeline.core.errors import CheckError
from pipeline.core.sample import RawFile
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

LPSCL = "eis/hybrid-drt/tutorials_PEIS_LPSCl_IonBlocking_-25C.mpr"
EZ = "eis/EZ/EIS CFO pH14 light.mpt"
VMP3 = "eis/InES_VMP3_SSB/20220309_(Form02C)EIS_charging_10bis16V_step_01V+(1C+EIS)50cycle_03_GEIS_C08.mpt"
VMP3_10KHZ = "eis/InES_VMP3_SSB/Cell001_Form_20uA_25T_30RH_Cycle1to10_03_GEIS_CA1.mpr"
LATP = "eis/thesis_VMP3_LATP/S+C_LATP_Au__OCV_PEIS__ECLab-Export__Test01_02_PEIS_C03.mpt"
VSP = (
    "eis/amundmr_eisfit/20201202-KS-KS326-PEIS-10mV-1MHz-100mHz-20ptsprdec-charged_symmetric_inert_ref_LMO-VSP_C03.mpt"
)
LATP_WILD = "eis/thesis_VMP3_LATP/LATP__PEIS__LATP_Korrosion_04_PEIS_C02.mpt"
LAGP_WILD = "eis/thesis_VMP3_LATP/LAGP__PEIS__LAGP_Korrosion_04_PEIS_C02.mpt"
GEIS = "eis/cheminfo/geis.mpt"


def checked(folder, name):
    path = folder / name
    if not path.is_file():
        pytest.skip(f"{name} is not there")
    data = path.read_bytes()
    spectrum = read_impedance(RawFile(name=name, data=data, size=len(data)), DelimitedSettings())[0]
    return check_spectrum(spectrum, EisCheckSettings())


def fit(folder, name):
    return fit_arcs(checked(folder, name), ArcSettings())


def model(x, m, names, w):
    z = sum(np.exp(x[i]) / (1 + (1j * w * np.exp(x[m + i])) ** x[2 * m + i]) for i in range(m))
    at = 3 * m
    if "L0" in names:
        z, at = z + 1j * w * np.exp(x[at]), at + 1
    if "R0" in names:
        z, at = z + np.exp(x[at]), at + 1
    if f"CPE{m + 1}_0" in names:
        z = z + np.exp(-x[at]) * (1j * w) ** -x[at + 1]
    for name, blocked in ((f"Wo{m + 1}_0", True), (f"Ws{m + 1}_0", False)):
        if name in names:
            s = np.sqrt(1j * w * np.exp(x[at + 1]))
            z = z + np.exp(x[at]) / s * (1 / np.tanh(s) if blocked else np.tanh(s))
    return z


def best_of(starts, found, seed=0):
    """Lowest cost of scipy's least_squares on the same circuit and points, from random starts."""
    keep = np.array(found.checked.keep)
    w = 2 * np.pi * found.checked.spectrum.frequency_hz[keep]
    z = found.checked.spectrum.impedance_ohm[keep]
    m, names, rng = found.n_arcs, found.parameter_names, np.random.default_rng(seed)
    costs = []
    for _ in range(starts):
        size = np.log(np.median(np.abs(z))) + rng.uniform(-2, 1, m)
        tau = np.sort(rng.uniform(np.log(0.3 / w.max()), np.log(3 / w.min()), m))
        x, low, high = [*size, *tau, *rng.uniform(0.6, 0.99, m)], [-40.0] * (2 * m) + [0.5] * m, [40.0] * (2 * m)
        high += [1.0] * m
        small = np.log(np.abs(z).min())
        for name, start in (("L0", small - np.log(w.max())), ("R0", small)):
            if name in names:
                x, low, high = [*x, start + rng.uniform(-3, 0)], [*low, -60.0], [*high, 40.0]
        if f"CPE{m + 1}_0" in names:
            x += [-np.log(np.abs(z[-1])) - 0.9 * np.log(w[-1]), 0.9]
            low, high = [*low, -60.0, 0.3], [*high, 40.0, 1.0]
        if any(n.startswith("W") for n in names):
            x, low, high = [*x, size[0], np.log(1 / w.min())], [*low, -40.0, -30.0], [*high, 40.0, 30.0]

        def residual(x):
            return ((model(x, m, names, w) - z) / np.abs(z)).view(float)

        done = least_squares(residual, x, bounds=(low, high), x_scale="jac", max_nfev=300)
        costs.append(2 * done.cost)
    mine = float(np.sum(np.abs((found.fitted_ohm[keep] - z) / z) ** 2))
    return mine, min(costs)


@pytest.mark.parametrize("name", [LPSCL, VMP3_10KHZ, LATP, VSP, GEIS, EZ])
def test_no_worse_than_the_best_of_many_starts_of_scipy(real_data, name):
    mine, theirs = best_of(16, fit(real_data, name))
    assert mine <= theirs * 1.001


def test_minus_25_degrees_solid_electrolyte(real_data):
    found = fit(real_data, LPSCL)
    assert found.checked.kk.level == "pass"
    assert found.total_resistance.value == pytest.approx(1440, rel=0.015), "where the semicircle ends"
    assert found.blocking_q is not None
    assert not found.verdict.printable, "one depressed semicircle: its split is not determined"
    assert all(a.resistance is None for a in found.arcs)
    assert all(a.verdict.level == "refused" for a in found.arcs if a.apex_hz < 1), (
        "the electrode is no part of the sample"
    )


def test_vmp3_spectrum_without_contact_is_refused(real_data):
    with pytest.raises(CheckError, match="scatter by"):
        checked(real_data, VMP3)


def test_vsp_spectrum_keeps_its_inductive_cable_out_of_the_fit(real_data):
    found = fit(real_data, VSP)
    assert "Re Z is negative" in found.checked.masks[0].reason
    assert found.total_resistance.value == pytest.approx(36, rel=0.05)
    assert found.total_verdict.level == "weak", "the circuit misses the data by three times the noise"
    wild = [i for m in found.checked.masks if m.code == "wild_point" for i in m.indices]
    assert wild == [4, 6], "what the cable left behind; with it the misfit is six times as large"


@pytest.mark.parametrize("name", [LATP_WILD, LAGP_WILD])
def test_a_wild_fastest_point_is_masked_and_the_rest_passes(real_data, name):
    found = checked(real_data, name)
    assert (0,) in [m.indices for m in found.masks if m.code == "wild_point"]
    assert found.keep[1]
    assert found.kk.level == "pass", found.kk.reason


def test_the_total_without_the_wild_point_is_the_foot_that_an_expert_reads(real_data):
    assert fit(real_data, LAGP_WILD).total_resistance.value == pytest.approx(50, abs=2)


def test_galvanostatic_spectrum_with_a_lead_artefact(real_data):
    found = fit(real_data, GEIS)
    assert "high-frequency artefact" in found.checked.masks[0].reason
    assert found.total_resistance.value == pytest.approx(137, rel=0.08)
