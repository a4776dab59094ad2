"""What comes of a study in the forms of other programs: one file in `formats` for each.

Trained networks are written in Keras's own layers, so that they are read without this library.
"""
