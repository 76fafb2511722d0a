"""General helpers, independent of the product.

errors            the project's errors, classified by how to handle them
table_fault       what can go wrong with one table while the others go on
secret            a string that is never printed
durable           files whose contents survive a crash
text, timing      numbers and times for people; clock, sleep and random numbers, which tests replace
heartbeat         a line every few seconds while something takes long
extras            packages that the base installation omits
parent_watchdog   ends a worker whose TaskManager has ended
"""
