"""Scan: reads a segment page by page, as a split. `sweep` finds the target's items that the source lacks."""
