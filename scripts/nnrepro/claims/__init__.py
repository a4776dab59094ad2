"""Claims: statements of a report, as data, and what code decides about them.

Reading and checking a claims file needs no NumPy, so that a workflow can do it before its first
job; deciding lives in `nnrepro.claims.decide`.
"""
