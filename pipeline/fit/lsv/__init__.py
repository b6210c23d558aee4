"""Fits of sweeps."""
