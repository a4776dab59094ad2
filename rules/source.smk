# Which study this is, before its configuration is read.
from pathlib import Path


def study_file():
    """The study: that of the archive, where it has its own, else config.yaml."""
    own = Path(config.get("archive", "")) / "study.yaml"
    return str(own) if config.get("archive") and own.is_file() else "config.yaml"
