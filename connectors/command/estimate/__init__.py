"""Estimates duration and cost of a migration from table sizes, before it starts.

copy        duration and read units of one copy
plan        task slots, shards, and pauses of the scan
constants   the basis of both: our own measurement, and the services' limits
prices      the prices, with their sources: a file that the user can replace
"""
