"""Tables, sections, figures and archive of impedance."""
