"""Learning from feeds: RSS, Atom and JSON Feed."""

__version__ = "0.1.0"
