"""Photoelectron spectra -> which species a surface holds, and how that changes with the charge of a cell."""
