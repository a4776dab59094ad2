"""Data sets: fetched, verified, prepared, loaded; and the demo data.

`registry` names what can be prepared, `prepare` does it, `load_dataset` reads it for a run.
"""

from nnrepro.data.dataset import Dataset, load_dataset
from nnrepro.data.errors import DataError, DownloadError

__all__ = ["DataError", "Dataset", "DownloadError", "load_dataset"]
