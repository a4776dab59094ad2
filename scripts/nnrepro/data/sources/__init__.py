"""Sources of data that need no code: one file each.

A source is a function of its file's name. Its keyword-only parameters are what a data set's section
of the configuration gives, annotated with what `nnrepro.study.options` has; it is called with the
input to prepare, and returns a `Content`. Beside it stand `inputs`, the inputs that a section
gives, and `files`, the files that it reads.
"""
