"""A data set's section of the config is checked, and a mistake in it is explained."""

from pathlib import Path

import pytest

from nnrepro.data import DataError
from nnrepro.data.sources import Generation, Source

GENERATED = {"source": "generated", "path": "x"}


def test_section_becomes_a_typed_value() -> None:
    section = {"source": "generated", "path": "demo", "generate": {"train": 5, "test": 2}}
    assert Source.from_config(section, "cifar10") == Source(
        kind="generated", path=Path("demo"), generation=Generation(train=5, test=2, seed=0)
    )


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({}, "source is None"),
        ({"source": "folders", "path": "x"}, "Did you mean 'folder'"),
        ({"source": "folder"}, "path is None"),
        ({"source": "folder", "path": ""}, "path is ''"),
        ({"source": "folder", "path": "x", "sha265": {}}, "Did you mean 'sha256'"),
        ({"source": "folder", "path": "x", "seed": 1}, "unknown key 'seed'"),
        ({"source": "folder", "path": "x", "sha256": "abc"}, "must map file names"),
        ({"source": "download", "path": "x", "url": 5}, "url is 5"),
        (GENERATED | {"generate": 5}, "generate is 5"),
        (GENERATED | {"generate": {"trian": 5}}, "it must give train, test, seed"),
        (GENERATED | {"generate": {"test": 1}}, "generate.train is None"),
        (GENERATED | {"generate": {"train": 0, "test": 1}}, "of at least 1"),
        (GENERATED | {"generate": {"train": True, "test": 1}}, "generate.train is True"),
        (GENERATED | {"generate": {"train": 1, "test": 1, "seed": -1}}, "of at least 0"),
    ],
)
def test_mistake_is_explained(section: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match="cifar10") as caught:
        Source.from_config(section, "cifar10")
    assert message in str(caught.value)
