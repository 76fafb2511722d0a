"""Estimates duration and cost of a migration from table sizes, before it starts.

`copy` computes them; `constants` are their basis: our own measurement, and the services' limits.
"""
