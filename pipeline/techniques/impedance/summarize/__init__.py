"""Arcs -> conductivity, Arrhenius lines, composition."""
