"""A service for programs in other languages: newline-delimited JSON-RPC 2.0."""
