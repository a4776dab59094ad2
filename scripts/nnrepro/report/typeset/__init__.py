"""The report as PDF: typeset by Typst from the same page that the HTML is rendered from.

`flow` turns a `Page` into a list of `elements` (headings, paragraphs, figures, tables), which go to
the Typst templates as JSON. Typst takes strings of JSON as text and never as its markup, so nothing
that stands in a configuration or a log can set, run or break anything. Sentences are the ones of
the HTML templates, cut into styled segments by `fragments`.
"""

from nnrepro.report.typeset.compile import typeset

__all__ = ["typeset"]
