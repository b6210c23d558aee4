"""Onsets of many sweeps -> stability windows, differences between samples, and facts."""
