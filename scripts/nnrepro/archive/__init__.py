"""The archive: a folder of finished runs' histories from which the whole report is made again.

`collect` gathers finished runs, `merge` decides what an archive takes of them, `build` writes it
with its manifest. Reading an archive is the analysis room's task.
"""
