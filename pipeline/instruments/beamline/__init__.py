"""Column files of beamlines: which column is energy, monitor, detector, on which evidence."""
