"""`polarshake letters`: look at dead letters and settle them.

ledger   which letters are open, from the stored letters and the marks; groups by reason. Pure
marks    the marks of settled letters, stored beside the letters
keys     the keys that a retry compares. Pure
retry    the procedure: compare and repair these keys with the check, then mark what is equal
ports    what the procedure uses
checks   the ports' implementations: tables of DynamoDB, the check job
show     the text of `list` and `show`
command  the command line
"""
