"""FEFF6L: clusters in, scattering paths out."""
