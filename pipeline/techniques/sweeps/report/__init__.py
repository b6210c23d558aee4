"""Tables, sections and figures of sweeps."""
