"""What ends a build."""


class BuildError(Exception):
    """The text says what to do."""
