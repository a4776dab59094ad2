"""The report for paper: typeset by Typst.

Typst gets the elements as JSON and takes strings of JSON as text, never as its markup, so that
nothing that stands in a configuration or a log can set, run or break anything.
"""
