"""Bytes -> named columns, units, metadata; one folder per maker. What they mean is a technique's word."""
