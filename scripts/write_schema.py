"""Write into the configuration's schema what the kinds of table and figure take.

    .venv/bin/python scripts/write_schema.py

Editors that check YAML by a schema read the file; the workflow asks the kinds themselves.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from nnrepro.files import write_text
from nnrepro.study.schema import SCHEMA, schema_text

if __name__ == "__main__":
    write_text(SCHEMA, schema_text())
