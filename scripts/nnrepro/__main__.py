"""`python -m nnrepro` is the command `nnrepro`."""

import sys

from nnrepro.cli import main

sys.exit(main())
