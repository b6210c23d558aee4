"""Tables, sections, figures and archive of absorption."""
