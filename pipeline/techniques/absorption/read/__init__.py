"""Bytes -> scans: mu(E) or chi(k), on stated evidence."""
