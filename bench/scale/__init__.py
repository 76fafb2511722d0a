"""Estimates of what a migration of a given size takes: `python -m bench.scale > docs/internals/scale.md`."""
