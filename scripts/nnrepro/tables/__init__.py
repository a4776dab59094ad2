"""Tables: runs and variants, and one file per kind, from its options to what it says.

A kind's function reads what its positional parameters name: `variants`, rows of the variants table
in the order in which the table declares them; `runs`, those of the runs table; `selection`, a
function that gives the metric by which a protocol ranks the table's variants, or selects from an
experiment, by their names; `answers` and `folds`, functions that give a run's answers on the test
examples, and its right answers by folds, by its id. Of `metrics`, `selection` stands for the
protocol's own. `test_set: comparison` takes the larger test set for the variants that have one.
What asks a table for a column or metric that it lacks raises a `TableError`, which names it.
"""
