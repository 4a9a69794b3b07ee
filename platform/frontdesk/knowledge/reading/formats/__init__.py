"""One module a format, each with `read(source) -> Iterator[Block]`. They run in the child process only."""
