"""hse-pipeline."""
