"""The forward job: DynamoDB -> a target.

validate     checks before the start
components   creates its parts on the workers
discovery    finds tables and streams of the source, and creates the target's tables
opener       orders -> splits
children     finds the children of a shard that has been read to its end
threads      the threads of a worker: reading, searching, reporting
"""
