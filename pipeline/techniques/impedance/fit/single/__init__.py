"""One spectrum: how many arcs, the global minimum, and intervals over all circuits that fit."""
