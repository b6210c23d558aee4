"""Bytes -> impedance spectra."""
