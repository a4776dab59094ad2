"""Figures: one module per kind, each a function from data to a matplotlib Figure.

    style         fonts, sizes, the palette, and the one style that each variant keeps
    fonts         which letters can be drawn, and by which font
    fitting       words measured, wrapped and cut to the room that there is
    frame         the page around the axes: title, legend rows, notes, the budget stamp
    series        the lines of a figure as data, and their thinning to what a page can show
    seeds         the seeds of a variant as one such line
    lines         drawing those lines: bands, end labels, axis ranges
    keys          a key beside lines that are too many for end labels
    curves        cost and accuracy of one variant by epoch
    comparison    several variants by epoch, in one panel or in small multiples
    accuracy_time accuracies with intervals beside training seconds
    overview      all variants with intervals and published numbers
    heatmap       a metric over two parameters, with row and column averages
    feature_maps  an image and what each layer makes of it
    output        the same bytes on disk every time
    drawing       what a study's figures have in common; <kind>_figures draws those of a kind
                  from runs, tables or arrays, and metric_words names what they show

No function here reads a file, and none touches pyplot: figures are plain objects, so that a
hundred of them can be drawn in one process without leaking state into each other. The modules are
imported one by one, because some of them load heavy libraries that the others do without.
"""
