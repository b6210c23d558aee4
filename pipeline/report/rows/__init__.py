"""Rows of the tables, cut by what was measured. A row is a mapping from column to a plain value or None."""
