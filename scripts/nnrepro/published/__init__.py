"""Published numbers: what others printed, beside what the runs give, and where it does not fit.

Reading and checking the files (`numbers`, `inconsistencies`) needs no pandas, so that a workflow
can do it before its first job; `comparison` and `inconsistency_table` make the tables.
"""
