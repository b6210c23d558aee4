"""Checked steps of a cell -> charges, cycles, runs at one rate, retention, curves."""
