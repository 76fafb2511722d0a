"""The forward job: DynamoDB -> a target.

validate     what is looked at before it starts
components   its parts on the workers, put together
discovery    the tables and streams of the source, and the target's tables, made
opener       orders -> splits
gaps         a reader's gap, as a note to the enumerator
"""
