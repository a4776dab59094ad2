"""The report: one self-contained HTML file and one PDF, in the order of the study's questions.

`build.build_report` collects a `Page` (plain data: see `page`) from the study, its tables and its
figures, and the templates write it; `typeset` sets the same page as PDF. Sections, figures and
tables come from the study; nothing here knows any particular one. Every number of the prose comes
from a table: templates hold none.
"""
