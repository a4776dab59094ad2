"""Data sets: fetched, verified, prepared, loaded; and the demo data.

`registry` names what can be prepared, `prepare` does it, `dataset` reads it for a run.
"""
