"""WHAT flows: frozen dataclasses on numpy, no science."""
