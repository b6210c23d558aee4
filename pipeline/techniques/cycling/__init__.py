"""Cycling: charge and discharge of battery cells, step by step; capacity, efficiency, rates, retention."""
