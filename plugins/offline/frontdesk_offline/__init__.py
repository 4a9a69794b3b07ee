"""Answers and embeddings with no key and no network."""

__version__ = "0.1.0"
