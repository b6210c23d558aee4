"""Scans -> one reduction; reductions of an edge -> shells and distortion."""
