class EngineError(RuntimeError):
    """An embedded engine cannot start or stop; the sentence says what to do."""
