"""One spectrum alone, all spectra of a pellet together, and what region each arc is."""
