"""Sources of data that need no code: one file each.

A source is a function, marked by `nnrepro.study.kinds.source`, in a module here or in a plug-in.
Its keyword-only parameters are what a data set's section of the configuration gives, annotated with
what `nnrepro.study.options` has; it is called with the input to prepare, and returns a `Content`.
"""
