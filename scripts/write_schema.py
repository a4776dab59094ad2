"""Write what the registries offer into the schema and docs/reference/keys.md.

    .venv/bin/python scripts/write_schema.py

Editors read the one, people the other; the workflow asks the registries themselves.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from nnrepro.files import write_text
from nnrepro.keys_page import PAGE, keys_page
from nnrepro.study.schema import SCHEMA, schema_text

if __name__ == "__main__":
    write_text(SCHEMA, schema_text())
    write_text(PAGE, keys_page())
