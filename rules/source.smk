# Which study this is, before its configuration is read.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from nnrepro.yamlfile import YamlError, read_yaml


def study_file():
    """The study: that of the archive, where it has its own, else config.yaml.

    It is read here first because Snakemake does not say where a mistake in YAML is.
    """
    own = Path(config.get("archive", "")) / "study.yaml"
    file = own if config.get("archive") and own.is_file() else Path("config.yaml")
    try:
        read_yaml(file)
    except YamlError as error:
        raise WorkflowError(f"{file}: {error}") from None
    except OSError as error:
        raise WorkflowError(f"{file} cannot be read: {error.strerror}") from None
    return str(file)
