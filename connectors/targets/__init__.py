"""The databases that are migrated to: a contract, and a folder for each target.

contract         what the forward job needs of a target
check_contract   what the check needs of the two databases that it compares
open             the targets there are
preflight        what is checked, read-only, before a job writes
"""
