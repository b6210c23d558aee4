"""Fits of impedance."""
