"""The graph and its functions: with the `flink.py` of check and reverse, all that imports PyFlink."""
