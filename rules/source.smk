# Which study this is, and what its configuration says.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# workflow.basedir is another workflow's folder where that one takes this one as a module.
PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
sys.path.insert(0, str(PROJECT / "scripts"))

from nnrepro.errors import NnreproError
from nnrepro.study.sources import Configuration, read_configuration


def read_sources():
    """The configuration from the files and the command line that Snakemake has it from.

    They are read again because Snakemake reads other values out of some words, keeps the last of
    two equal keys, and does not say where a mistake is. A module gets its configuration as it is.
    """
    if workflow.modifier.skip_configfile:
        if not config:
            raise NnreproError(
                "a module has its configuration from the workflow that takes it, and got none; "
                'name one there: configfile: "config.yaml", and config: config in the module'
            )
        return Configuration(dict(config))
    given = workflow.config_settings
    return read_configuration(
        given.configfiles,
        given.config_args or (),
        on_study=not given.replace_workflow_config,
    )


try:
    CONFIGURATION = read_sources()
except NnreproError as error:
    raise WorkflowError(str(error)) from None
