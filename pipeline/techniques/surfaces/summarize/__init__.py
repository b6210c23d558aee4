"""All spectra of a run -> atomic fractions and facts."""
