"""Spectra as text files: what is written can be read back, and says what it is."""

from __future__ import annotations

import numpy as np

from tests.archived_run import ENERGY, archive_files, read_back, reduction, summary


def test_xdi_and_chi_files_read_back():
    files = archive_files(summary())
    (scan,) = read_back(files, "xdi/HSE-Sm_Sm_L3.xdi")
    np.testing.assert_array_equal(scan.energy_ev, ENERGY)
    np.testing.assert_allclose(scan.mu, reduction().mu, rtol=1e-11)
    assert (scan.element, scan.edge, scan.source.format) == ("Sm", "L3", "XDI")
    (chi,) = read_back(files, "chi/HSE-Sm_Sm_L3.chik")
    assert chi.is_chi
    np.testing.assert_allclose(chi.mu, reduction().chi, rtol=1e-11, atol=1e-12)


def test_chi_of_r_says_that_it_is_not_phase_corrected_and_carries_the_model():
    text = archive_files(summary())["chi/HSE-Sm_Sm_L3.chir"].decode()
    assert "r angstrom, not phase-corrected" in text
    assert "chir_mag angstrom^-3" in text
    assert text.splitlines()[-1].count("  ") == 5
    assert archive_files(summary(shells=()))["chi/HSE-Sm_Sm_L3.chir"].decode().splitlines()[-1].count("  ") == 3
