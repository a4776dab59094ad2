"""Speed of this project's training engine against its peers: see docs/performance.md.

Run it by `make bench`, or by `python -m benchmarks` in the repository's root.
"""
