"""SPECS: SpecsLab 2 (.xml) and Prodigy (.xy)."""
