"""Fits of absorption."""
