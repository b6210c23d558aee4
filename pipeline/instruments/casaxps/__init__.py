"""CasaXPS: its export of spectra as text."""
