"""The engine: ordered passes over a guest, and a journal of what they decided."""
