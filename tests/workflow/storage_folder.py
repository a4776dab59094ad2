"""A storage plugin of Snakemake whose storage is a folder; nothing is installed for it."""

# ruff: noqa: D102 (what its methods do is said where they are inherited from)

import shutil
from pathlib import Path

from snakemake_interface_storage_plugins.storage_object import (
    StorageObjectRead,
    StorageObjectWrite,
)
from snakemake_interface_storage_plugins.storage_provider import (
    StorageProviderBase,
    StorageQueryValidationResult,
)


class StorageProvider(StorageProviderBase):
    """Takes every query that is an absolute path."""

    @classmethod
    def example_queries(cls):
        return []

    def rate_limiter_key(self, query, operation):
        return None

    def default_max_requests_per_second(self):
        return 1000.0

    def use_rate_limiter(self):
        return False

    @classmethod
    def is_valid_query(cls, query):
        valid = query.startswith("/")
        return StorageQueryValidationResult(query, valid, None if valid else "no absolute path")


class StorageObject(StorageObjectRead, StorageObjectWrite):
    """A file of the folder."""

    async def inventory(self, cache):
        return

    def get_inventory_parent(self):
        return None

    def local_suffix(self):
        return self.query.removeprefix("/")

    def cleanup(self):
        return

    def exists(self):
        return Path(self.query).exists()

    def mtime(self):
        return Path(self.query).stat().st_mtime

    def size(self):
        return Path(self.query).stat().st_size

    def retrieve_object(self):
        shutil.copyfile(self.query, self.local_path())

    def store_object(self):
        Path(self.query).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.local_path(), self.query)

    def remove(self):
        Path(self.query).unlink()
