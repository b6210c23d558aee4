"""Potential sweeps -> onsets and the stability window."""
