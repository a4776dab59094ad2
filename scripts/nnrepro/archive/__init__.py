"""The archive: a folder of finished runs' histories from which the whole report is made again.

`collect` gathers finished runs, `merge` decides what an archive takes of them, `make_archive`
writes it with its manifest. Reading an archive is the analysis room's task.
"""

from nnrepro.archive.build import Outcome, make_archive
from nnrepro.archive.collect import CollectedRun, CollectError, collect
from nnrepro.archive.merge import ConflictError, Merge, merge

__all__ = [
    "CollectError",
    "CollectedRun",
    "ConflictError",
    "Merge",
    "Outcome",
    "collect",
    "make_archive",
    "merge",
]
