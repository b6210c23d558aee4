"""many fitted -> one table."""
