"""Which code decides a rule's numbers: one list for the rules and for the plan."""

from pathlib import Path

from nnrepro.fingerprint import code_fingerprint

TRAIN_RUN = ("train_run.py", "models", "training", "data/dataset.py")
"""The script of rule train_run and what it uses of the library."""


def rule_code(scripts: Path, script: str, *rooms: str) -> str:
    """Fingerprint of a script and the rooms it uses: comments and formatting do not change it.

    Args:
        scripts: the folder of scripts, which holds the library too.
        script: a file in it.
        rooms: folders and files of the library.

    Raises:
        OSError: a file cannot be read.
        SyntaxError: a Python file cannot be parsed.
    """
    library = scripts / "nnrepro"
    return code_fingerprint([scripts / script, *(library / room for room in rooms)])
