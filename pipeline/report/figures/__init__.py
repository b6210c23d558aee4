"""Figures at publication size, each with the numbers it shows."""
