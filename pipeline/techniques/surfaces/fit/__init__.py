"""Components of photoelectron spectra."""
