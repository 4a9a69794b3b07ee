"""Searching by words and by pieces of words."""
