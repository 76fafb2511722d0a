"""`polarshake assess`: one page about a migration, before anything is started. It only reads.

command      options, exit code
assess       from settings to the assessment: the order of the steps
read_only    a caller that refuses every operation that could write
survey       I/O: every fact about every table
questions    the calls about one table other than DescribeTable, and what each answer means
facts        the facts about a table
left_behind  what the migration does not copy, from DescribeTable
draw         I/O: the sample of a table
item_size    the size of an item, as DynamoDB counts it
statistics   sizes and partition keys of a table, with confidence intervals
sampling     samples every table
judge        what the target refuses of the sampled items
outlook      rates, hours, cost, and the plan
document     the assessment, which is also the JSON
compose      from all that is known to the assessment
grouped      the same finding about many tables is one finding
words, text  the wording of both outputs; the assessment on a terminal
page         the assessment as HTML
"""
