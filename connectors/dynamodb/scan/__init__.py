"""Scan: a segment from page to page, as a split. `sweep` reads the target to delete what the source lacks."""
