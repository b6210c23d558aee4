"""Baseline and onset by each criterion."""
