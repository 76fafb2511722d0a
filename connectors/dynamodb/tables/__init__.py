"""Tables: describing and comparing them, creating them at the target, and enabling their streams.

api, description   the calls, and the part of DescribeTable's response that is used
copy               a source table -> the requests that create its copy
ensure, wait       creates the copy, or refuses the table that exists; waits until it can be used
compare, schema    differences of two tables, for warnings and for the check's report
stream             the stream of a source table
from_settings      the options, from the settings
"""
