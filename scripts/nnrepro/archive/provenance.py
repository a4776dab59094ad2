"""Where a study's numbers come from, gathered from the records of its runs."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nnrepro.data.registry import dataset_of
from nnrepro.data.soundness import remarks
from nnrepro.measures.runs import STATUSES, Problem, RunData
from nnrepro.metrics.registry import CLASSIFICATION, MULTI_LABEL

_SECONDS = ("setup", "training", "evaluation", "total")

Record = Mapping[str, Any]


def provenance(
    data: Sequence[RunData],
    problems: Iterable[Problem],
    prepared: Mapping[str, Record],
    notes: Mapping[str, str],
) -> dict[str, Any]:
    """Data, code, packages, machines and seconds behind the runs, as distinct values, JSON-able.

    `prepared` are descriptions of the prepared arrays by their name, where they are at hand;
    `notes` what the configuration remarks on data sets, by data set: one in the records of archived
    runs goes before it. Told are `data` by data set, lists of distinct values under `code`,
    `packages` (by name), `python`, `platform`, `devices` and `threads`, summed `seconds`,
    `processor` time, and `runs` counted by status. What no record tells is an empty list or
    dictionary; where records and prepared arrays differ on a data set, each answer is given.
    """
    records = [item.record for item in data if item.record is not None]
    counts = Counter(item.status for item in data)
    counts.update(problem.status for problem in problems if problem.status is not None)
    return {
        **origins(records, prepared, notes),
        "processor": _processor(records),
        "runs": {status: counts[status] for status in STATUSES},
    }


def origins(
    records: Sequence[Record], prepared: Mapping[str, Record], notes: Mapping[str, str]
) -> dict[str, Any]:
    """What `provenance` tells of data, code and machines, from the records of runs alone."""
    return {
        "data": _data_sets([*prepared.items(), *_recorded_data(records)], notes),
        "code": _distinct(record.get("code", {}).get("sha256") for record in records),
        "packages": _by_name(record.get("packages", {}) for record in records),
        "python": _distinct(record.get("python") for record in records),
        "platform": _distinct(record.get("platform") for record in records),
        "devices": _distinct(_device(record) for record in records),
        "threads": _distinct(record.get("threads") for record in records),
        "seconds": _seconds(records),
    }


def _recorded_data(records: Iterable[Record]) -> list[tuple[str, Record]]:
    """What runs tell of the prepared arrays that they read, by the arrays' name."""
    sections = [
        {**record.get("data", {}), **record.get("examined", {}), "used": record.get("run", {})}
        for record in records
    ]
    return [(section["name"], section) for section in sections if "name" in section]


def _data_sets(
    described: Iterable[tuple[str, Record]], notes: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Origin of each data set, from descriptions of the arrays that were made of it."""
    found: dict[str, list[Record]] = {}
    odd: dict[str, dict[tuple[str, str], bool]] = {}
    for name, description in described:
        dataset = dataset_of(name, notes)
        found.setdefault(dataset, []).append(description)
        for remark in remarks(description):
            odd.setdefault(dataset, {})[name, remark.message] = remark.telling
    return {
        name: {
            "source": _either(description.get("source") for description in found[name]),
            "generated": _generated(found[name]),
            "note": _noted(found[name]) or notes.get(name, ""),
            "sha256": {
                file: _either(sums)
                for file, sums in _by_name(_section(item, "sha256") for item in found[name]).items()
            },
            **_examples(found[name]),
            **_used(found[name]),
            **({"remarks": _remarked(odd[name])} if name in odd else {}),
        }
        for name in sorted(found)
    }


def _examples(descriptions: Sequence[Record]) -> dict[str, list[Any]]:
    """What became of pixels, and where test examples came from: distinct answers, None the last.

    None stands for descriptions that say nothing of what others tell.
    """
    answers = {key: [item.get(key) for item in descriptions] for key in ("pixels", "test")}
    return {
        key: [*told, None] if None in given else told
        for key, given in answers.items()
        if (told := _distinct(given))
    }


def _used(descriptions: Sequence[Record]) -> dict[str, Any]:
    """What runs read of a data set: inputs, and the most examples of each split that any took.

    And what they predict, where prepared arrays are at hand to tell.
    """
    runs = [item["used"] for item in descriptions if item.get("used")]
    taken = {
        split: max((_taken(run, split) for run in runs), default=0)
        for split in ("train", "validation", "test")
    }
    told = {
        "inputs": _distinct(run.get("input") for run in runs),
        "examples": {split: count for split, count in taken.items() if count},
        "predicted": _distinct(_predicted(item) for item in descriptions),
    }
    return {key: value for key, value in told.items() if value}


def _taken(run: Record, split: str) -> int:
    settings = _section(run, "settings")
    sizes = (f"{split}_examples", f"comparison_{split}_examples")
    return max(int(settings.get(name) or 0) for name in sizes)


def _predicted(description: Record) -> str | None:
    """What a model answers, of a description of prepared arrays."""
    if "num_classes" not in description:
        return None
    task, classes = description.get("task", CLASSIFICATION), int(description["num_classes"])
    if task == CLASSIFICATION:
        return f"one of {classes} classes"
    outputs = [*map(str, description.get("outputs") or ())]
    named = f" ({', '.join(outputs)})" if outputs else ""
    return f"{'labels' if task == MULTI_LABEL else 'numbers'}{named}"


def _remarked(odd: Mapping[tuple[str, str], bool]) -> list[dict[str, Any]]:
    """What is odd about a data set, by the name of the arrays that were made of it."""
    return [
        {"arrays": arrays, "message": message, "telling": telling}
        for (arrays, message), telling in odd.items()
    ]


def _noted(descriptions: Iterable[Record]) -> str:
    """Distinct notes that go with the data; empty without any."""
    return "; ".join(_distinct(item.get("note") or None for item in descriptions))


def _generated(descriptions: Iterable[Record]) -> bool | None:
    """Whether any of the data is made up; None where nothing tells."""
    told = [item["generated"] for item in descriptions if item.get("generated") is not None]
    return any(told) if told else None


def _seconds(records: Sequence[Record]) -> dict[str, float]:
    """Seconds summed over the runs that tell them."""
    sums = {}
    for name in _SECONDS:
        told = [s[name] for record in records if name in (s := record.get("seconds", {}))]
        if told:
            sums[name] = round(sum(told), 3)
    return sums


def _processor(records: Sequence[Record]) -> dict[str, Any]:
    """Processor seconds of the runs on a CPU that tell them, and how many runs these are.

    `others` counts the runs that tell none or were trained on another device, of whose work
    processor time says little.
    """
    told = [
        record["seconds"]["cpu"]
        for record in records
        if record.get("device", {}).get("kind") == "cpu" and "cpu" in record.get("seconds", {})
    ]
    if not told:
        return {}
    return {
        "seconds": round(sum(told), 3),
        "runs": len(told),
        "others": len(records) - len(told),
    }


def _device(record: Record) -> Any:
    """The name of a run's device, else its kind."""
    device = record.get("device", {})
    return device.get("name") or device.get("kind")


def _section(record: Record, name: str) -> Record:
    """A part of a record; empty where the record has none or something else in its place."""
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _by_name(sections: Iterable[Record]) -> dict[str, list[Any]]:
    """Distinct values of each entry that any section has."""
    sections = list(sections)
    names = sorted({name for section in sections for name in section})
    return {name: _distinct(section.get(name) for section in sections) for name in names}


def _either(values: Iterable[Any]) -> str | None:
    """Distinct values in words; None without any."""
    return " or ".join(str(value) for value in _distinct(values)) or None


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Distinct values in a fixed order, those that are not told left out."""
    told = {json.dumps(value, sort_keys=True): value for value in values if value is not None}
    return [told[key] for key in sorted(told)]
