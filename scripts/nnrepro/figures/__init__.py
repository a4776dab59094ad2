"""Figures of a study: one file per kind, and what all kinds have in common.

A kind is a function marked with `@figure`. Its first parameter is the figure that is asked for, its
other positional parameters name what it reads (`sources`), and its keyword-only parameters are the
options that the configuration may set. It yields drawings. The decorator says how to read such a
figure. The other modules:

    specs         which figures of which kinds a study has
    asked         a figure of one protocol: its runs, how they look and what they are called
    sources       what a kind may read
    drawing       drawings, and how they reach the disk
    index         what was drawn, for those who show it

What kinds draw with is in `nnrepro.plots`. No kind reads a file.
"""
