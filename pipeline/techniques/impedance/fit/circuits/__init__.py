"""A circuit that a person wrote: the global minimum, its parameters with intervals, and the same verdicts as our own circuits."""
