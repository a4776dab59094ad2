"""Write what the registries offer into the schema and docs/reference/keys.md.

    .venv/bin/python scripts/write_schema.py

Editors read the one, people the other; the workflow asks the registries themselves.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from nnrepro.files import write_text
from nnrepro.measures.functions import FUNCTIONS
from nnrepro.metrics import registry as metrics
from nnrepro.models import registry as models
from nnrepro.project import PROJECT
from nnrepro.published.relations import RELATIONS
from nnrepro.published.rules import CURVE, RULES
from nnrepro.study.kinds import ROOMS, Kind, kinds
from nnrepro.study.messages import as_written
from nnrepro.study.optimizers import OF_ALL, OPTIMIZERS
from nnrepro.study.options import SOURCES
from nnrepro.study.schema import SCHEMA, load_schema, schema_text
from nnrepro.study.settings import SETTINGS

PAGE = PROJECT / "docs/reference/keys.md"

_HEAD = """\
# Which keys, optimisers, metrics and kinds are there?

Written by `scripts/write_schema.py` from the schema and the library.
[The configuration](../configuration.md) says how they work together.
"""
_TAIL = "Next: [the data](../data.md).\n"


def keys_page() -> str:
    """The page as it is to be: keys, what may stand in them, kinds."""
    schema = load_schema()
    experiment = schema["properties"]["experiments"]["additionalProperties"]["properties"]
    head = ("key", "says", "default")
    needed = tuple(schema["required"])
    arguments = ", ".join(f"`{name}`" for name in OF_ALL)
    return "\n".join(
        [
            _HEAD,
            *_section(
                "Keys of a study", head, _keys(schema["properties"], schema["$defs"], needed)
            ),
            *_section("Keys of an experiment", head, _keys(experiment, schema["$defs"])),
            *_section("Settings", ("setting", "says", "default"), _settings()),
            *_section("Models", ("model", "input", "is", "its own settings"), _models()),
            *_section("Optimisers", ("optimiser", "its own arguments, with defaults"), _own()),
            f"All take {arguments}.\n",
            *(
                line
                for name, kind in kinds(SOURCES, ()).items()
                for line in _section(f"Keys of data of source {name}", head, _options(kind))
            ),
            *_section(
                "Keys of data of source download, archive, folder or generated",
                head,
                _keys(_files(schema), schema["$defs"]),
            ),
            *_section(
                "Distributions of a search", ("distribution", "draws"), _distributions(schema)
            ),
            *_section("Metrics", ("metric", "task", "better", "is"), _metrics()),
            *(
                line
                for room, word in ROOMS.items()
                for line in _section(
                    f"Kinds of {room}", (f"kind of {word}", "is", "options"), _kinds(room)
                )
            ),
            *_section("Functions of a curve", ("function", "is", "metric"), _functions()),
            *_section(
                "Metrics of printed numbers", ("metric", "remark", "reproduced as"), _printed()
            ),
            *_section("Relations of printed numbers", ("relation", "holds where"), _relations()),
            _TAIL,
        ]
    )


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"## {title}\n"
    for row in (head, ["---"] * len(head), *rows):
        yield f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in row)}|"
    yield ""


def _keys(
    properties: Mapping[str, Any],
    defined: Mapping[str, Any],
    needed: Sequence[str] = (),
    above: str = "",
) -> Iterator[tuple[str, str, str]]:
    """The keys of a section, and behind each of these the keys within it."""
    for name, said in properties.items():
        known = {**defined.get(said.get("$ref", "").rpartition("/")[2], {}), **said}
        default = known.get("default", "")
        default = "" if default in ("", [], {}) else f"`{as_written(default)}`"
        shown = "has to be given" if name in needed else default
        yield f"`{above}{name}`", _cell(known.get("description", "")), shown
        if not above:
            yield from _keys(known.get("properties", {}), defined, above=f"{name}.")


def _files(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: own for name, own in schema["$defs"]["files"]["properties"].items() if own}


def _options(kind: Kind) -> Iterator[tuple[str, str, str]]:
    shapes = {
        name: {"default": "" if option.default in (None, ()) else option.default}
        for name, option in kind.options.items()
    }
    needed = [name for name, option in kind.options.items() if option.required]
    yield from _keys({name: shapes[name] | own for name, own in kind.schemas.items()}, {}, needed)


def _settings() -> Iterator[tuple[str, str, str]]:
    """Those of every model, but for the arguments of optimisers, which say nothing here."""
    told = {name: one for name, one in SETTINGS.items() if one.meaning is not None}
    defaults = {
        name: {} if one.default is None else {"default": one.default} for name, one in told.items()
    }
    yield from _keys({name: own | told[name].schema for name, own in defaults.items()}, {})


def _models() -> Iterator[tuple[str, str, str, str]]:
    for name, model in models.catalogue().items():
        own = (
            f"`{key}`" if setting.required else f"`{key}` ({as_written(setting.default)})"
            for key, setting in model.parameters.items()
        )
        yield f"`{name}`", model.input, _cell(model.summary), ", ".join(own)


def _own() -> Iterator[tuple[str, str]]:
    for name, (_, arguments) in OPTIMIZERS.items():
        own = {key: value for key, value in arguments.items() if (key, value) not in OF_ALL.items()}
        yield f"`{name}`", ", ".join(f"`{key}` ({as_written(own[key])})" for key in own)


def _distributions(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, said in schema["$defs"]["distribution"]["properties"].items():
        yield f"`{name}`", _cell(said["description"])


def _metrics() -> Iterator[tuple[str, str, str, str]]:
    for name, metric in metrics.catalogue().items():
        better = "lower" if metric.lower_is_better else "higher"
        words = (metric.function.__doc__ or "") if metric.function else ""
        yield f"`{name}`", ", ".join(metric.tasks), better, _cell(words.partition("\n")[0])


def _functions() -> Iterator[tuple[str, str, str]]:
    for name, function in FUNCTIONS.items():
        numbers = "".join(f", {letter}" for letter in "abc"[: function.numbers[1]])
        column = f"`{function.column.format('x')}`" if function.column else ""
        yield f"`{name}(x{numbers})`", _cell(function.says or function.phrase.format("x")), column


def _printed() -> Iterator[tuple[str, str, str]]:
    """What is read off a run, with words for its curve and letters for the remark's numbers."""
    for pattern, remarks, measure in RULES:
        said = remarks.replace(r"(\d+)", "N", 1).replace(r"(\d+)", "M", 1)
        known = [] if "*" in said else said.split("|")
        of_curve = ["curve"] if CURVE in pattern else []
        metric, read = pattern.replace(CURVE, "<curve>"), measure.format(*of_curve, "N", "M")
        yield f"`{metric}`", ", ".join(f"`{each}`" for each in known), f"`{read}`"


def _relations() -> Iterator[tuple[str, str]]:
    for name, relation in RELATIONS.items():
        yield f"`{name}`", _cell((relation.decide.__doc__ or "").partition("\n")[0])


def _kinds(room: str) -> Iterator[tuple[str, str, str]]:
    for name, kind in kinds(room, ()).items():
        yield f"`{name}`", _cell(kind.summary), ", ".join(f"`{option}`" for option in kind.options)


def _cell(words: str) -> str:
    linked = re.sub(r"docs/(\w+)\.md", r"[\1](../\1.md)", " ".join(words.split()))
    return linked.replace("|", r"\|").replace("<", "&lt;")


if __name__ == "__main__":
    write_text(SCHEMA, schema_text())
    write_text(PAGE, keys_page())
