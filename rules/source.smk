# Which study this is, and what its configuration says.
import sys
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

# workflow.basedir is another workflow's folder where that one takes this one as a module.
PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
sys.path.insert(0, str(PROJECT / "scripts"))

from nnrepro.errors import NnreproError
from nnrepro.study.sources import Configuration, read_configuration


def read_sources():
    """The configuration from the files and the command line that Snakemake has it from.

    They are read again because Snakemake reads other values out of some words, keeps the last of
    two equal keys, and does not say where a mistake is.
    """
    given = workflow.config_settings
    overlays, assignments = given.configfiles, given.config_args or ()
    if not workflow.modifier.skip_configfile:
        on_study = not given.replace_workflow_config
        return read_configuration(overlays, assignments, on_study=on_study)
    if not config:
        raise NnreproError(
            "a module has its configuration from the workflow that takes it, and got none; "
            'name one there: configfile: "config.yaml", and config: config in the module'
        )
    files = [Path(file) for file in workflow.configfiles[len(overlays) :]]
    if config != snakemakes_reading([*files, *overlays], given.config):
        return Configuration(dict(config))  # what no file says: a section, or changed
    return read_configuration(overlays, assignments, study=files)


def snakemakes_reading(files, assigned):
    """The configuration as Snakemake merges it."""
    merged = {}
    for own in (*map(load_configfile, files), assigned):
        update_config(merged, own)
    return merged


try:
    CONFIGURATION = read_sources()
except NnreproError as error:
    raise WorkflowError(str(error)) from None
