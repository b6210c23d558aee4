"""Impedance: spectra of a pellet over temperature -> arcs, regions, conductivity, activation energy."""
