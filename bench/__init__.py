"""The benchmarks. Each published figure comes from a script in this package."""
