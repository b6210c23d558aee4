"""Multiple against single scattering: how far an octahedron is bent."""
