"""The domain XML front end: a document becomes a guest, and goes out again with the plan written into it."""
