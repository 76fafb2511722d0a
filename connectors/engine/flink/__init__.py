"""The graph and its functions. Only this package and the `flink.py` of check and reverse import PyFlink."""
