"""The licences of all locked packages, as their metadata tell: docs/reference/licences.md.

make licences
"""

import argparse
import sys
from pathlib import Path

from nnrepro.commands import carried_out
from nnrepro.files import read_text, write_text
from nnrepro.licences import licences_page


def main() -> int:
    """Write the page; 1 with a message when it cannot be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", type=Path, help="the lock file")
    parser.add_argument("page", type=Path, help="where the list goes")
    asked = parser.parse_args()
    write_text(asked.page, licences_page(read_text(asked.lock)))
    return 0


if __name__ == "__main__":
    sys.exit(carried_out(main))
