# Which study this is, and what its configuration says.
import sys
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

# workflow.basedir is another workflow's folder where that one takes this one as a module.
PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
sys.path.insert(0, str(PROJECT / "scripts"))

from nnrepro.start import start_fast

start_fast()

from nnrepro.errors import NnreproError
from nnrepro.study.sources import Configuration, read_configuration

IS_MODULE = not workflow.modifier.is_main_snakefile()


def read_sources():
    """The configuration from the files and the command line that Snakemake has it from.

    They are read again because Snakemake reads other values out of some words, keeps the last of
    two equal keys, and does not say where a mistake is.
    """
    given = workflow.config_settings
    overlays, assignments = given.configfiles, given.config_args or ()
    if not IS_MODULE:
        on_study = not given.replace_workflow_config
        return read_configuration(overlays, assignments, on_study=on_study)
    files = [Path(file) for file in workflow.configfiles[len(overlays) :]]
    if config and config != snakemakes_reading([*files, *overlays], given.config):
        return Configuration(dict(config))  # what no file says: a section, or changed
    beside = (
        Path(workflow.basedir) / "config.yaml"
    )  # of the workflow that takes this one
    if not files and beside.is_file():
        files = [beside]
    if not files and not overlays:
        raise NnreproError(
            "a module has its configuration from the workflow that takes it: "
            f"write {beside}, or name another file there by configfile:, with config: config in the module"
        )
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
