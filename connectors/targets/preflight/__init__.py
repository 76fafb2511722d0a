"""What is checked, read-only, before anything is written.

check       all checks: both sides, the filter, every table
selection   which tables the filter includes
table       the checks of one table
access      calls that only read, to find out whether they are permitted
sides       the databases that are checked, and what the job needs of them
problems    a fault -> one line that says what to do
"""
