"""Answers and embeddings with no key and no network."""
