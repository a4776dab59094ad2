"""Build every model of a study that reads certain inputs once; see `nnrepro.training.trial`.

The configuration comes as JSON on stdin, the inputs as arguments. What is wrong is printed, and the
exit status tells whether anything is.
"""

import json
import sys

from nnrepro.data.prepared import prepared_arrays
from nnrepro.errors import NnreproError
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.training.trial import trial


def main() -> int:
    """Try the models; 1 where something is wrong."""
    try:
        study = load_study(json.load(sys.stdin), catalogue())
        data = prepared_arrays(study)
        trial(study, {name: data[name] for name in sys.argv[1:]})
    except NnreproError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
