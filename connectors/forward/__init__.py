"""The forward job: DynamoDB -> a target.

validate     checks before the start
components   creates its parts on the workers
discovery    finds tables and streams of the source, and creates the target's tables
opener       orders -> splits
gaps         reports a reader's gap to the enumerator by a note
"""
