"""General helpers, independent of the product.

errors            the project's errors, classified by how to handle them
secret            a string that is never printed
durable           files whose contents survive a crash
text, timing      numbers and times for people; clock, sleep and random numbers, which tests replace
extras            packages that the base installation omits
parent_watchdog   ends a worker whose TaskManager has ended
"""
