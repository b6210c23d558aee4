"""raw bytes -> measurement; the only place that knows instruments."""
