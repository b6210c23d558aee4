"""Sheets of any maker, as spreadsheets (.xlsx, .xls) or as text with a delimiter: rows of cells -> named columns."""
