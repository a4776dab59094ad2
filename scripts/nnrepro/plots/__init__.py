"""What figures are drawn with.

    style         fonts, sizes, the palette, and the one style that each variant keeps
    fonts         which letters can be drawn, and by which font
    fitting       words measured, wrapped and cut to the room that there is
    frame         the page around the axes: title, legend rows, notes, the budget stamp
    series        the lines of a figure as data, and their thinning to what a page can show
    seeds         the seeds of a variant as one such line
    lines         drawing those lines: bands, end labels, axis ranges
    keys          a key beside lines that are too many for end labels
    dots          rows of a dot with its interval
    metric_words  metrics and their intervals in words
    traces        what lines say, kept with the drawing
    output        the same bytes on disk every time

No function here reads a file, and none touches pyplot: figures are plain objects, so that a
hundred of them can be drawn in one process without leaking state into each other.
"""
