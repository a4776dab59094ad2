"""The plan of a study: what is done, what a run will cost, and in which order runs start.

No module here imports Keras, and the ones that the rules use read no files, so that planning costs
a workflow nothing.
"""
