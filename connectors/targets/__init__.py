"""The databases that are migrated to: a contract, and a folder for each target.

contract         what the forward job needs of a target
check_contract   what the check needs of the two databases that it compares
open             the list of targets: a new one is a folder here, and an entry in this file
limits           what a target refuses, decided without a connection
place            what a database is called in reports
preflight        what is checked, read-only, before a job writes
dynamodb_api     PolarDB, or another endpoint of DynamoDB's protocol
mongodb          MongoDB
"""
