"""VAMAS, ISO 14976: the format that all programs of surface analysis exchange."""
