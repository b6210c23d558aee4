"""PHI: spectra of SmartSoft (.spe)."""
