"""The licences of all locked packages, as their installed metadata tell: docs/licences.md.

make licences
"""

import argparse
import sys
from pathlib import Path

from nnrepro.errors import NnreproError
from nnrepro.files import read_text, write_text
from nnrepro.licences import licences_page


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", type=Path, help="the lock file")
    parser.add_argument("page", type=Path, help="where the list goes")
    asked = parser.parse_args()
    try:
        write_text(asked.page, licences_page(read_text(asked.lock)))
    except NnreproError as error:
        sys.exit(f"licences: {error}")


if __name__ == "__main__":
    main()
