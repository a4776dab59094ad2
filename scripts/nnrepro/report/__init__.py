"""The report: one self-contained HTML file and one PDF, in the order of the study's questions.

`build_report` has the functions in `sections` build a document (`nnrepro.document.elements`) from
the study, its tables and its figures; `html` and `pdf` print it. Sections, figures and tables come
from the study; nothing here knows any particular one. Every number of the prose comes from a table.
Whoever asks for a table that is damaged, or lacks a column, gets a `ReportError`.
"""
