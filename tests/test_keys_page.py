"""The reference tells of every key and setting, with the defaults that there are."""

import re

from nnrepro.metrics.registry import catalogue
from nnrepro.models.registry import catalogue as models
from nnrepro.study.kinds import ROOMS, kinds
from nnrepro.study.optimizers import OPTIMIZER_SETTINGS, OPTIMIZERS
from nnrepro.study.options import SOURCES, SPLIT
from nnrepro.study.sampling import DISTRIBUTIONS
from nnrepro.study.schema import experiment_keys, load_schema
from nnrepro.study.settings import SETTINGS
from write_schema import PAGE, keys_page


def test_the_page_of_keys_is_what_the_schema_and_the_registries_say() -> None:
    """Otherwise: `.venv/bin/python scripts/write_schema.py`."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == keys_page()
    told = re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE)
    names = {*load_schema()["properties"], *experiment_keys(), *OPTIMIZERS}
    names |= {*DISTRIBUTIONS, *catalogue()}
    assert names | {name for room in ROOMS for name in kinds(room, ())} <= {*told}
    for name, source in kinds(SOURCES, ()).items():
        section = page.partition(f"\n## Keys of data of source {name}\n")[2].partition("\n## ")[0]
        said = dict(re.findall(r"^\| `([\w.]+)` \| (.+?) \| .*\|$", section, re.MULTILINE))
        assert {*said} == {*source.options, *(f"split.{key}" for key in SPLIT)}
    assert "| `seeds` | One run per seed; seeds, or how many there are, from 0. | `[0]` |" in page


def test_every_setting_and_model_is_told_with_its_default() -> None:
    """Arguments of optimisers stand with these; metrics of a run are a key of its experiment."""
    page = PAGE.read_text(encoding="utf-8")
    _, _, section = page.partition("\n## Settings\n")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.*)\|$", section.partition("\n## ")[0], re.M)
    told = {name: default.strip().strip("`") for name, _, default in rows}
    elsewhere = {*OPTIMIZER_SETTINGS, "metrics"} - {"optimizer"}
    assert {*told} == {*SETTINGS} - elsewhere
    for name, default in told.items():
        assert default == ("" if SETTINGS[name].default is None else str(SETTINGS[name].default))
    _, _, section = page.partition("\n## Models\n")
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", section.partition("\n## ")[0], re.M)
    own = {name: re.findall(r"`(\w+)`", cell) for name, cell in rows}
    assert own == {name: [*model.parameters] for name, model in models().items()}
