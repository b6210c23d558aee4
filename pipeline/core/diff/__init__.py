"""What changed between two runs: the facts, tables, figures' numbers and archive of two results folders."""

from pipeline.core.diff.folders import ResultsDiff, compare_folders
from pipeline.core.diff.words import describe_diff

__all__ = ["ResultsDiff", "compare_folders", "describe_diff"]
