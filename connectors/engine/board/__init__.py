"""The board: what the workers report to the enumerator, the edge back that Flink lacks.

publisher   the workers' side: a thread that publishes each slot's newest document
reader      the enumerator's side
runs        which run of the job a report belongs to, and which savepoints are refused
"""
