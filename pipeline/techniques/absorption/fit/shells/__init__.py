"""Distances, coordination and disorder of the first shell, all samples of an edge together."""
