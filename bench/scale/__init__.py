"""What a migration of a given size takes, worked out on paper. `python -m bench.scale > docs/internals/scale.md`"""
