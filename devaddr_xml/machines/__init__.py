"""Machine families, as data."""
