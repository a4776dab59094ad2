"""Claims: statements of a report, as data, and what code decides about them.

Reading and checking a claims file needs no NumPy, so that a workflow can do it before its first
job; deciding lives in `nnrepro.claims.decide`.

A text that says nothing in the language raises a `Mistake`, whose message says what is allowed.
What asks for a run, a record or a selection that is not there raises `Untestable`; for a value that
a run does not have, `Unmeasured`.
"""
