"""Align, leave out, merge, normalise, take off the background, transform."""
