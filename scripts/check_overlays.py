"""Read the configuration's files that a call of Snakemake names, before Snakemake does.

Snakemake reads the files of `--configfile` before any Snakefile, and before any rule the
`config.yaml` that a study of one's own has beside its Snakefile. Where one cannot be read it ends
in a traceback, or names neither the file nor the line; a pipe or a device it reads for ever.
`profiles/default` is loaded earlier still, and calls this.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from nnrepro.study.sources import CONFIG_FILE, SourceError, read_source


def main(arguments: Sequence[str]) -> None:
    """End the process with a message if one of the files cannot be read."""
    parser = argparse.ArgumentParser(prog="snakemake", add_help=False)
    parser.add_argument("--config", "-C", nargs="*")
    parser.add_argument("--configfile", "--configfiles", nargs="+", type=Path, default=[])
    parser.add_argument("--snakefile", "-s", type=Path, default=Path("Snakefile"))
    asked = parser.parse_known_args(arguments)[0]
    study = asked.snakefile.with_name(CONFIG_FILE.name)
    try:
        for file in (*([study] if study.exists() else []), *asked.configfile):
            read_source(file)
    except SourceError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
