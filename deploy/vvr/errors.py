"""Errors of a build."""


class BuildError(Exception):
    """A build that failed. The text says what to do."""
