"""Scan: reads a segment page by page, as a split.

copying    a segment as a worker reads it
segment    a segment as a reader of the check reads it
pages      the pages of a segment, as fast as the table's rate allows
request    requests and responses, as bytes
rates      how fast each table is read
segments   how many segments a table has
sweep      finds the target's items that the source no longer has
"""
