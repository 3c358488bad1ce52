"""Addresses for thousands of documents: many at once, one bad one alone, and again from where it stopped."""
