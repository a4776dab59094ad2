"""Options: what a function's signature says of the values that a configuration may give it.

    def bag_of_words(task: Task, *, units: Annotated[int, Range(1)] = 50) -> "keras.Model":
    def heatmap(figure: Asked, variants: DataFrame, *, metric: Metric, rows: Swept, columns: Swept):

The keyword-only parameters are what a configuration gives; one without a default it has to give.
A model's are of plain types. Those of a kind of table or figure may stand for something of the
study (a metric, a parameter that its runs sweep, pairs of variants); such a type knows how it is
written, and what of it cannot be before anything is trained.
"""

import inspect
import itertools
import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from nnrepro.errors import NnreproError
from nnrepro.study.declared import Declared
from nnrepro.study.messages import nearest, one_of, quotation_hint
from nnrepro.study.run import ANALYSIS_SETTINGS, Run, Scalar
from nnrepro.study.selectors import SELECTED, Selector, covered

_SCALARS: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
"""Types of single values, each as JSON names it."""


class SignatureError(NnreproError):
    """A function's signature says too little of what a configuration may give it."""


@dataclass(frozen=True)
class Range:
    """Allowed numbers, ends included (the minimum not if `exclusive`); None leaves an end open."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False

    def problem(self, value: float) -> str | None:
        """What is wrong with a number, as the end of a sentence; None when nothing is."""
        low, high = self.minimum, self.maximum
        if low is not None and (value < low or (self.exclusive and value == low)):
            return f"must be {'greater than' if self.exclusive else 'at least'} {low:g}"
        if high is not None and value > high:
            return f"must be at most {high:g}"
        return None

    @property
    def schema(self) -> dict[str, float]:
        """The same in the words of JSON schema."""
        low = "exclusiveMinimum" if self.exclusive else "minimum"
        limits = {low: self.minimum, "maximum": self.maximum}
        return {name: limit for name, limit in limits.items() if limit is not None}


@dataclass(frozen=True)
class Stated:
    """A table or figure as a configuration states it.

    Attributes:
        key: where it stands, `tables.<name>`.
        spec: its section of the configuration.
        options: what its kind takes.
        declared: all runs that the configuration declares.
    """

    key: str
    spec: Mapping[str, Any]
    options: Mapping[str, "Parameter"]
    declared: Declared

    def runs(self, *, surely: bool = False) -> list[Run]:
        """Runs that its selectors name, or may come to name."""
        chosen = [s for s in map(Selector.parse, self.spec["runs"]) if not surely or not s.selected]
        return [
            run
            for protocol in self.declared.protocols
            for selector in chosen
            for run in self.declared.runs
            if run.protocol == protocol and selector.may_name(run.experiment, run.variant)
        ]

    def lacks(self, key: str, name: str, *, surely: bool = False) -> list[str]:
        """That a key names a variant which is not among its runs; nothing where it is."""
        if covered(name, self.spec["runs"], surely=surely):
            return []
        return [f"{key}: '{name}' is not among its runs, {one_of(self.spec['runs'])}"]


class Meaning:
    """What an option stands for, where that is more than its type says."""

    def __init__(self, description: str, schema: Mapping[str, Any] | None = None) -> None:
        self.description = description
        self.schema = schema

    def misnamed(self, name: str, stated: Stated) -> Iterable[str]:
        """Names in the option that refer to nothing, as messages; it may be left out."""
        return ()

    def impossible(self, name: str, stated: Stated) -> Iterable[str]:
        """Why what is asked could not be made of the runs, where all names refer to something."""
        return ()

    def resolved(self, value: Any, declared: Declared) -> Any:
        """The value with patterns replaced by what they stand for."""
        return value

    def kept(self, value: Any, present: Sequence[str]) -> Any:
        """The value without what is about variants that a cut-down study leaves out."""
        return value


@dataclass(frozen=True)
class Parameter:
    """One value that a configuration may give.

    Attributes:
        type: int, float, str or bool.
        default: its value where a configuration is silent; None when `required`.
        required: whether a configuration must give it.
        choices: allowed values; empty when the type alone decides.
        range: allowed numbers.
        meaning: what it stands for in a study; its `schema`, if it has one, is all that counts.
    """

    type: type
    default: Any = None
    required: bool = False
    choices: tuple[Scalar, ...] = ()
    range: Range = Range()
    meaning: Meaning | None = None

    @classmethod
    def of(cls, item: inspect.Parameter, hint: Any) -> "Parameter":
        """A parameter of a function by its annotation.

        Raises:
            SignatureError: the annotation is of no known form.
        """
        required = item.default is inspect.Parameter.empty
        meaning: Meaning | None = None
        limits = Range()
        choices: tuple[Scalar, ...] = ()
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            hint = next(own for own in typing.get_args(hint) if own is not type(None))
        if typing.get_origin(hint) is Annotated:
            hint, *extras = typing.get_args(hint)
            limits = next((extra for extra in extras if isinstance(extra, Range)), limits)
            meaning = next((extra for extra in extras if isinstance(extra, Meaning)), None)
        if typing.get_origin(hint) is Literal:
            choices = typing.get_args(hint)
            hint = type(choices[0])
        if hint not in _SCALARS and (meaning is None or meaning.schema is None):
            raise SignatureError(
                f"parameter '{item.name}' must be annotated as int, float, bool, str or a Literal "
                "of them"
            )
        default = None if required else item.default
        return cls(hint, default, required, choices, limits, meaning)

    def problem(self, value: Any) -> str | None:
        """What is wrong with `value`, as the end of a sentence; None when nothing is."""
        if self.choices:
            if any(type(choice) is type(value) and choice == value for choice in self.choices):
                return None
            hint = nearest(value, map(str, self.choices))
            return f"must be one of {one_of(self.choices)}{hint}"
        return _type_problem(self.type, value) or self.range.problem(value)

    @property
    def schema(self) -> dict[str, Any]:
        """The shape of its values as a JSON schema."""
        told = {} if self.meaning is None else {"description": self.meaning.description}
        if self.meaning is not None and self.meaning.schema is not None:
            return {**told, **self.meaning.schema}
        if self.choices:
            return {**told, "enum": list(self.choices)}
        return {**told, "type": _SCALARS[self.type], **self.range.schema}


def parameters_of(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The keyword-only parameters of a function by name.

    Raises:
        SignatureError: the annotation of one is of no known form.
    """

    def hint(item: inspect.Parameter) -> Any:
        if isinstance(item.annotation, str):
            return eval(item.annotation, inspect.unwrap(function).__globals__)
        return item.annotation

    return {
        name: Parameter.of(item, hint(item))
        for name, item in inspect.signature(function).parameters.items()
        if item.kind is inspect.Parameter.KEYWORD_ONLY
    }


def said_of(docstring: str) -> dict[str, str]:
    """What a docstring says of arguments, each in one line."""
    arguments = re.search(r"^Args:\n((?: .*\n?)+)", docstring, re.MULTILINE)
    found = re.findall(
        r"^    (\w+): (.*(?:\n {8}.*)*)", arguments[1] if arguments else "", re.MULTILINE
    )
    return {name: " ".join(words.split()) for name, words in found}


def described(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The keyword-only parameters of a function by name, with what its docstring says of them."""
    said = said_of(inspect.getdoc(function) or "")
    return {
        name: replace(own, meaning=Meaning(said[name])) if name in said else own
        for name, own in parameters_of(function).items()
    }


def _type_problem(kind: type, value: Any) -> str | None:
    if kind is bool:
        hint = quotation_hint(value, ("boolean",))
        return None if isinstance(value, bool) else f"must be true or false{hint}"
    if kind is str:
        return None if isinstance(value, str) else "must be a word"
    wanted = "a whole number" if kind is int else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be {wanted}{quotation_hint(value, ('number',))}"
    if not math.isfinite(value):
        return "must be finite"
    return f"must be {wanted}" if kind is int and not isinstance(value, int) else None


# -------------------------------------------------------------- what options of kinds stand for
class _Metric(Meaning):
    """A metric; what is measured on held-out examples needs runs that hold some out."""

    def impossible(self, name: str, stated: Stated) -> Iterator[str]:
        given = stated.spec.get(name, ())
        for metric in [given] if isinstance(given, str) else given:
            held_out = [stated.declared.validated(run) for run in stated.runs()]
            if "validation" in metric and held_out and not any(held_out):
                yield (
                    f"{stated.key}: '{metric}' is measured on held-out training examples, and none "
                    "of its runs holds any out; set validation_examples for them above 0"
                )


class _Swept(Meaning):
    """A parameter that the runs sweep; several that have to be given are the axes of a grid."""

    def misnamed(self, name: str, stated: Stated) -> Iterator[str]:
        if name not in stated.spec:
            return
        parameter = stated.spec[name]
        for selector in stated.spec["runs"]:
            swept = stated.declared.swept.get(Selector.parse(selector).experiment, {})
            if parameter not in swept:
                yield (
                    f"{stated.key}.{name}: '{parameter}' is not swept by '{selector}'"
                    f"{nearest(parameter, swept)}; swept: {one_of(swept) or 'nothing'}"
                )
                return

    def impossible(self, name: str, stated: Stated) -> Iterator[str]:
        axes = {
            own: stated.spec[own]
            for own, option in stated.options.items()
            if option.required and isinstance(option.meaning, _Swept)
        }
        if len(axes) < 2 or name != [*axes][-1]:
            return  # the last axis speaks for all
        if len(set(axes.values())) < len(axes):
            yield (
                f"{stated.key}.{name}: '{axes[name]}' is the parameter of the "
                f"{next(own for own in axes if axes[own] == axes[name])}, too; name another"
            )
            return
        for own, parameter in axes.items():
            if parameter in ANALYSIS_SETTINGS:
                yield (
                    f"{stated.key}.{own}: '{parameter}' decides how a history is read, not what is "
                    "trained; a grid is over what is trained"
                )
                return
        yield from itertools.islice(_without_own_cell(stated, [*axes.values()]), 1)


def _without_own_cell(stated: Stated, axes: Sequence[str]) -> Iterator[str]:
    """Variants that have no cell in a grid, or share one."""
    found: dict[tuple[Any, ...], str] = {}
    for run in stated.runs(surely=True):
        variant = f"{run.experiment}/{run.variant}"
        lacking = [name for name in axes if name not in run.settings]
        if lacking:
            yield (
                f"{stated.key}.runs: '{variant}' has no '{lacking[0]}', so that it has no place in "
                f"a grid over {' and '.join(axes)}; leave it out"
            )
            return
        cell = {name: run.settings[name] for name in axes}
        first = found.setdefault((run.protocol, *cell.values()), variant)
        if first != variant:
            yield (
                f"{stated.key}.runs: '{first}' and '{variant}' share the cell "
                f"{', '.join(f'{name} = {value}' for name, value in cell.items())}; name variants "
                "that have one each"
            )


class _Pairs(Meaning):
    """Pairs of a base and a changed variant.

    A `*` in a pair makes it several: in the second it stands for what it stands for in the first,
    where that has one, and for anything otherwise.
    """

    def __init__(self, description: str, *, selected: bool) -> None:
        pair = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string"}}
        super().__init__(description, {"type": "array", "minItems": 1, "items": pair})
        self._selected = selected

    def resolved(self, value: Any, declared: Declared) -> list[list[str]]:
        return [pair for base, changed in value for pair in _paired(base, changed, declared)]

    def misnamed(self, name: str, stated: Stated) -> Iterator[str]:
        where = f"{stated.key}.{name}"
        for base, changed in stated.spec.get(name) or ():
            problems = [
                problem
                for text in (base, changed)
                if (problem := Selector.parse(text).problem(stated.declared.variants))
            ]
            yield from (f"{where}: {problem}" for problem in problems)
            found = [] if problems else _paired(base, changed, stated.declared)
            if not found and not problems:
                yield f"{where}: no variants are pairs of '{base}' and '{changed}'"
            for own in dict.fromkeys(itertools.chain(*found)):
                yield from self._unfit(where, own, stated)

    def _unfit(self, where: str, own: str, stated: Stated) -> list[str]:
        selector = Selector.parse(own)
        if not selector.single or (selector.selected and not self._selected):
            selected = f" or experiment/{SELECTED}" if self._selected else ""
            return [f"{where}: '{own}' must name one variant, as experiment/variant{selected}"]
        return stated.lacks(where, own, surely=not self._selected)

    def kept(self, value: Any, present: Sequence[str]) -> list[list[str]]:
        return [
            pair for pair in value if all(Selector.parse(name).names_any(present) for name in pair)
        ]


def _paired(base: str, changed: str, declared: Declared) -> list[list[str]]:
    """The pairs of variants that one pair of selectors stands for."""
    if "*" not in base + changed:
        return [[base, changed]]
    first, second = Selector.parse(base), Selector.parse(changed)
    head, star, tail = first.pattern.partition("*")
    found = []
    for name in declared.variants[first.experiment]:
        if not first.may_name(first.experiment, name):
            continue
        stands_for = name[len(head) : len(name) - len(tail)] if star else "*"
        wanted = Selector(second.experiment, second.pattern.replace("*", stands_for))
        found += [
            [f"{first.experiment}/{name}", f"{second.experiment}/{other}"]
            for other in wanted.named(declared.variants[second.experiment])
        ]
    return found


class _Against(Meaning):
    """The one variant, or `best`, that all others are compared with where no pairs are given."""

    def misnamed(self, name: str, stated: Stated) -> Iterator[str]:
        others = [n for n, o in stated.options.items() if isinstance(o.meaning, _Pairs)]
        given = [option for option in (*others, name) if option in stated.spec]
        if len(given) != 1:
            yield f"{stated.key}: give one of the keys {one_of([*others, name])}"
        base = stated.spec.get(name, "best")
        if len(given) != 1 or base == "best":
            return
        where = f"{stated.key}.{name}"
        problem = Selector.parse(base).problem(stated.declared.variants)
        if not Selector.parse(base).single:
            yield (
                f"{where}: '{base}' must name one variant, as experiment/variant or "
                f"experiment/{SELECTED}"
            )
        elif problem:
            yield f"{where}: {problem}"
        else:
            yield from stated.lacks(where, base)


class _Images(Meaning):
    """A number of test images that every run has."""

    def impossible(self, name: str, stated: Stated) -> Iterator[str]:
        firsts = {run.protocol: run for run in reversed(stated.runs())}
        for protocol in stated.declared.protocols:
            run = firsts.get(protocol)
            if run and stated.spec.get(name, 0) > run.settings.get("test_examples", math.inf):
                yield (
                    f"{stated.key}.{name}: {stated.spec[name]} exceeds the test_examples of "
                    f"'{run.protocol}/{run.experiment}', {run.settings['test_examples']}"
                )


_PRIMARY = "primary"
_SCORED = ("run", "metric", "test_set")


class _Comparisons(Meaning):
    """From one way of working to another, one factor at a time."""

    def misnamed(self, name: str, stated: Stated) -> Iterator[str]:
        for own, comparison in stated.spec.get(name, {}).items():
            where = f"{stated.key}.{name}.{own}"
            first = {"test_set": _PRIMARY, **comparison["from"]}
            missing = [option for option in ("run", "metric") if option not in first]
            if missing:
                yield f"{where}.from: the key {one_of(missing)} is missing"
                continue
            for part, scoring in scorings(comparison):
                yield from _scoring_problems(f"{where}.{part}", {**first, **scoring}, stated)
            for factor, scoring in comparison["factors"].items():
                last = {**first, **comparison["to"]}
                yield from _step_problems(f"{where}.factors.{factor}", first, scoring, last)

    def kept(self, value: Any, present: Sequence[str]) -> dict[str, Any]:
        return {
            name: comparison
            for name, comparison in value.items()
            if all(
                Selector.parse(scoring["run"]).names_any(present)
                for _, scoring in scorings(comparison)
                if "run" in scoring
            )
        }


def scorings(comparison: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Everything that a comparison scores, with its key."""
    yield "from", comparison["from"]
    for name, scoring in comparison["factors"].items():
        yield f"factors.{name}", scoring
    yield "to", comparison["to"]


def _scoring_problems(key: str, scoring: Mapping[str, Any], stated: Stated) -> Iterator[str]:
    if scoring["metric"] == "selection":
        yield f"{key}.metric: name the metric itself"
    name = scoring["run"]
    known = [f"{e}/{v}" for e, variants in stated.declared.variants.items() for v in variants]
    if name not in known:
        yield f"{key}.run: '{name}' is not declared{nearest(name, known)}"
        return
    yield from (lacking := stated.lacks(f"{key}.run", name, surely=True))
    if not lacking and scoring["test_set"] != _PRIMARY:
        asked = "comparison_test_examples"
        runs = [r for r in stated.declared.runs if f"{r.experiment}/{r.variant}" == name]
        # A budget may have cut it away.
        if runs and not any(r.settings[asked] or r.protocol_settings.get(asked) for r in runs):
            yield f"{key}.test_set: '{name}' has no second test set; set its '{asked}'"


def _step_problems(
    key: str, first: Mapping[str, Any], factor: Mapping[str, Any], last: Mapping[str, Any]
) -> list[str]:
    """A factor must lead from the first way of working towards the last."""
    changed = [name for name in _SCORED if factor.get(name) not in (None, first[name])]
    if not changed:
        return [f"{key}: changes nothing of 'from'"]
    if "metric" in changed and _quantity(factor["metric"]) != _quantity(first["metric"]):
        return [f"{key}.metric: '{factor['metric']}' is of another kind than '{first['metric']}'"]
    return [
        f"{key}.{name}: '{factor[name]}' is neither that of 'from' nor that of 'to', '{last[name]}'"
        for name in changed
        if name != "run" and factor[name] != last[name]
    ]


def _quantity(metric: str) -> str:
    """What a metric of a run is of: `accuracy`, `loss`, another metric, or `seconds`."""
    of_set = re.search(r"_(?:test|validation|train)_(\w+)$", metric)
    return of_set[1] if of_set else metric.rpartition("_")[2]


# ------------------------------------------------------- types for the signatures of kinds
def _many(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "uniqueItems": True, "items": dict(items)}


_METRIC = {"$ref": "#/$defs/metric"}
_ABOVE_ZERO = Range(0, 1, exclusive=True)

Metric = Annotated[str, _Metric("A metric of a run.", _METRIC)]
Metrics = Annotated[Sequence[str], _Metric("Metrics of a run.", _many(_METRIC))]
SortBy = Annotated[
    str,
    _Metric(
        "A metric, the protocol's own selection metric, or declared order.",
        {"$ref": "#/$defs/sort_by"},
    ),
]
TestSet = Annotated[Literal["primary", "comparison"], Meaning("Which test set.")]
Swept = Annotated[str, _Swept("A parameter that the runs sweep.")]
Share = Annotated[float, _ABOVE_ZERO, Meaning("A share, above 0 and up to 1.")]
Shares = Annotated[
    Sequence[float],
    Meaning("Shares, each above 0 and up to 1.", _many({"type": "number", **_ABOVE_ZERO.schema})),
]
Images = Annotated[int, Range(1), _Images("How many test images.")]
_PATTERNS = "[one/*, other/*_dropout] pairs those with the same in place of the *."
Pairs = Annotated[
    Sequence[Sequence[str]],
    _Pairs(f"Base and changed variant, each as experiment/variant; {_PATTERNS}", selected=False),
]
SelectedPairs = Annotated[
    Sequence[Sequence[str]],
    _Pairs(
        f"Base and changed variant, each as experiment/variant or experiment/selected; {_PATTERNS}",
        selected=True,
    ),
]
Against = Annotated[
    str,
    _Against(
        "What all others are compared with: best, experiment/variant, or experiment/selected."
    ),
]
Comparisons = Annotated[
    Mapping[str, Mapping[str, Any]],
    _Comparisons(
        "From one way of working to another, one factor at a time.",
        {"$ref": "#/$defs/comparisons"},
    ),
]


# ----------------------------------------------- types for the signatures of sources of data
FILE_SOURCES = ("download", "archive", "folder", "generated")
"""Where the files of a data set come from that a function of its own name prepares."""
SOURCES = "data/sources"
"""The room of the other sources, which are read as kinds are."""

_SPLIT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "default": {},
    "properties": {
        "validation": {
            "description": "Share or number of examples to validate by; 0 for none.",
            "type": "number",
            "minimum": 0,
            "default": 0.15,
        },
        "test": {
            "description": "Share or number of examples to test on, where no others are given.",
            "type": "number",
            "minimum": 0,
            "default": 0.15,
        },
        "seed": {
            "description": "Decides which examples go where.",
            "type": "integer",
            "minimum": 0,
            "default": 0,
        },
        "stratify": {
            "description": "Whether the shares hold in every class.",
            "type": "boolean",
            "default": True,
        },
    },
}
SPLIT = {name: part["default"] for name, part in _SPLIT["properties"].items()}
"""How a data set is split where a configuration does not say."""
_NAME: dict[str, Any] = {"type": "string", "minLength": 1}
_ONE_OR_MANY = {"anyOf": [_NAME, _many(_NAME)]}

PLACE = Meaning("A file or folder.", _NAME)

Place = Annotated[str, PLACE]
Column = Annotated[str, Meaning("Name of a column.", _NAME)]
Name = Annotated[str, Meaning("A name.", _NAME)]
Columns = Annotated[Sequence[str], Meaning("Names of columns.", _many(_NAME))]
ColumnOrColumns = Annotated[
    str | Sequence[str], Meaning("Name of a column, or of several.", _ONE_OR_MANY)
]
Size = Annotated[
    Sequence[int],
    Meaning(
        "Height and width in pixels.",
        {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "integer", "minimum": 1, "maximum": 4096},
        },
    ),
]
Split = Annotated[
    Mapping[str, Any], Meaning("How examples are split, by shares below 1 or numbers.", _SPLIT)
]
