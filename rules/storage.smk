# With --default-storage-provider the study's files are kept in that storage as well. Snakemake itself would
# move each rule's declared files alone: no checkpoint, no log, nothing that only some runs leave.
from snakemake_interface_executor_plugins.settings import SharedFSUsage

from nnrepro.mirror import Mirror


class Stored:
    """What is below a place of a storage, which a plugin of Snakemake speaks to."""

    def __init__(self, provider, place):
        self._provider = provider
        self._place = place.rstrip("/")

    def has(self, name):
        return self._at(name).exists()

    def fetch(self, name, path):
        self._at(name, path).retrieve_object()

    def keep(self, name, path):
        self._at(name, path).store_object()

    def remove(self, name):
        self._at(name).remove()

    def _at(self, name, path=None):
        found = self._provider.object(f"{self._place}/{name}")
        found.set_local_path(path)
        return found


def stored_study():
    """The mirror of this study in the storage that Snakemake was given, if it was given one."""
    given = workflow.storage_settings
    if given.default_storage_provider is None:
        return None
    if SharedFSUsage.INPUT_OUTPUT not in given.shared_fs_usage:
        raise WorkflowError(
            "--shared-fs-usage: jobs work in one folder that all of them see (input-output); "
            "the storage has a copy of it"
        )
    provider = workflow.storage_registry.default_storage_provider
    place = f"{given.default_storage_prefix or ''}/{STUDY.name}"
    valid = provider.is_valid_query(place)
    if not valid:
        raise WorkflowError(f"--default-storage-prefix: {valid}")
    given.default_storage_provider = None  # files are where rules say
    folders = {"results": PATHS.root, "snakemake": Path(".snakemake/metadata")}
    apart = frozenset(["locks", "cache"])
    return Mirror(Stored(provider, place), folders, apart, logger.warning)


MIRROR = stored_study() if workflow.is_main_process else None
if MIRROR:
    with errors_shown():
        if fetched := MIRROR.fetch():
            logger.warning(f"{fetched} files are fetched from the storage")
