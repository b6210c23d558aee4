"""checked -> fitted; one folder per technique."""
