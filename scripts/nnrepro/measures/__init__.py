"""Measures: what is read off a run, and what it is called.

A run's curves (`curves`) are read by functions (`functions`); a measure (`expressions`) is
arithmetic on what they give, and the metrics of tables and printed numbers (`names`) are names of
measures. Nothing here knows how tables are laid out or what a claim is.
A text that is no measure raises a `Mistake`, a run without its windows a `MetricError`.
"""
