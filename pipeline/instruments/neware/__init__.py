"""Neware testers: .nda and .ndax by NewareNDA, and text in three layers (cycle, step, record)."""
