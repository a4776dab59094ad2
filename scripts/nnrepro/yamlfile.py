"""Reading YAML: plain values that no two readers of YAML read differently, and where each stands.

YAML 1.1 and 1.2 disagree on words such as `no`, `010`, `1:30` and `2024-11-26`: those are refused
where they are not in quotation marks, as are keys that stand twice. What is in quotation marks is
text. Nothing is so deep, or repeated so often, that it cannot be worked with.
"""

import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from nnrepro.errors import NnreproError
from nnrepro.files import FileError, read_bytes

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader that is written in C, where there is one: it is ten times as fast."""
_DEEPEST = 100
_MOST_VALUES = 100_000
_LARGEST = 2**24
_MERGE = "<<"
_QUOTED = "put it into quotation marks"
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_NUMBER_TO_SOME = re.compile(rf"{_DECIMAL.pattern}|[-+]?[0-9]+|0o[0-7]+")
_TAG = "tag:yaml.org,2002:"

KeyPath = tuple[str | int, ...]


class YamlError(NnreproError):
    """A file that is no YAML that can be used; the message says why, without the file's name."""


@dataclass(frozen=True)
class Document:
    """What a YAML file holds, and the line of every key and list item by the keys that lead to it.

    What an alias or a merge key repeats has the line of that alias or merge key alone.
    """

    value: Any
    lines: Mapping[KeyPath, int]


def read_yaml(path: Path) -> Any:
    """What a YAML file holds; None when that is nothing. Raises as `read_document`."""
    return read_document(path).value


def read_document(path: Path) -> Document:
    """What a YAML file holds, with lines; raises YamlError, naming the line, as `parse_yaml`."""
    try:
        content = read_bytes(path, _LARGEST)
    except FileError as error:
        raise YamlError(error.reason) from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise YamlError("line 1: the file is in UTF-16; save it as UTF-8")
    try:
        return parse_yaml(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        raise YamlError(
            f"line {line}: the byte 0x{byte:02X} is no UTF-8; save the file as UTF-8"
        ) from error


def parse_yaml(text: str) -> Document:
    """What a text in YAML says; raises YamlError, naming the line, where it can be misread."""
    if odd := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise YamlError(f"line {line}: holds U+{ord(odd[0]):04X}, which YAML cannot; remove it")
    try:
        return _Reader(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        raise YamlError(_explained(error, text)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise YamlError(f"not valid YAML: {' '.join(str(error).split())[:500]}") from error


def dump_yaml(value: Any, *, one_line: bool = False) -> str:
    """Plain values as YAML that `parse_yaml`, and any other reader, reads back as they are."""
    flow, width = (True, math.inf) if one_line else (False, 100)
    return yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=flow,
        width=width,
    )


def plain_value(text: str) -> Any:
    """What a word without quotation marks means: a number, true or false, None, or text.

    Raises YamlError where readers disagree on it, or it is a number that cannot be used.
    """
    kind = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)).removeprefix(_TAG)
    if kind == "null":
        return None
    if kind == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "int" and _WHOLE.fullmatch(text):
        return _number(int, text)
    if _DECIMAL.fullmatch(text):
        return _number(float, text)
    if kind == "str":
        return text
    raise YamlError(_ambiguous(kind, text))


def _number(kind: type[int] | type[float], text: str) -> int | float:
    try:
        number = kind(text)
    except ValueError:
        number = math.inf  # more digits than Python takes
    if abs(number) > sys.float_info.max:
        raise YamlError(f"{text[:40]} is too large a number; write a smaller one, or {_QUOTED}")
    return number


def _ambiguous(kind: str, text: str) -> str:
    """What is wrong with a word that YAML 1.1 (as Python reads it) and 1.2 read differently."""
    if kind == "bool":
        meant = "true" if yaml.SafeLoader.bool_values[text.lower()] else "false"
        return f"{text} may mean {meant}, or the word; write {meant}, or {_QUOTED}"
    if kind in ("int", "float") and text.lower().lstrip("+-") not in (".inf", ".nan"):
        node = yaml.ScalarNode(_TAG + kind, text)
        number = getattr(_CONSTRUCTOR, f"construct_yaml_{kind}")(node)
        return (
            f"{text} is the number {number} to some readers of YAML, and another or text to "
            f"others; write the number in plain decimal digits, or {_QUOTED}"
        )
    if kind in ("int", "float"):
        return f"{text} is no finite number; write one, or {_QUOTED}"
    if kind == "timestamp":
        return f"{text} is a date to some readers of YAML, and text to others; {_QUOTED}"
    return f"{text} has a meaning of its own in YAML; {_QUOTED}"


class _Dumper(yaml.SafeDumper):
    """Puts into quotation marks what any reader takes for something else than text."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "'" if _NUMBER_TO_SOME.fullmatch(text) else None
    return dumper.represent_scalar(f"{_TAG}str", text, style=style)


_Dumper.add_representer(str, _text_node)
_RESOLVER = yaml.resolver.Resolver()
_CONSTRUCTOR = yaml.constructor.SafeConstructor()


@dataclass(frozen=True)
class _Node:
    """A value, how many values it is made of, and how deep, with aliases followed."""

    value: Any
    size: int = 1
    depth: int = 0


@dataclass
class _Reader:
    """Builds a document from the events of a parser."""

    events: Iterator[Any]
    lines: dict[KeyPath, int] = field(default_factory=dict)
    anchors: dict[str, _Node | None] = field(default_factory=dict)  # None while it is being read

    def document(self) -> Document:
        """The one document that the events are of."""
        value, documents = None, 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlError(
                        f"{_line(event)}: a second document begins here; leave one, without '---'"
                    )
                value = self._node(next(self.events), ()).value
        return Document(value, self.lines)

    def _node(self, event: Any, path: KeyPath) -> _Node:
        if len(path) > _DEEPEST:
            raise YamlError(f"{_line(event)}: nested more than {_DEEPEST} sections deep")
        if isinstance(event, yaml.AliasEvent):
            return self._bounded(self._anchored(event), event, path)
        if event.anchor in self.anchors:
            raise YamlError(f"{_line(event)}: the anchor '&{event.anchor}' stands twice; rename it")
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            node = _Node(_scalar(event))
        else:
            _refuse_tag(event)
            is_list = isinstance(event, yaml.SequenceStartEvent)
            node = self._list(path) if is_list else self._section(path)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return self._bounded(node, event, path)

    def _anchored(self, event: Any) -> _Node:
        if event.anchor not in self.anchors:
            raise YamlError(
                f"{_line(event)}: nothing above is marked '&{event.anchor}', which "
                f"'*{event.anchor}' stands for; text that begins with '*' needs quotation marks"
            )
        node = self.anchors[event.anchor]
        if node is None:
            raise YamlError(f"{_line(event)}: '{event.anchor}' contains itself")
        return node

    def _bounded(self, node: _Node, event: Any, path: KeyPath) -> _Node:
        if len(path) + node.depth > _DEEPEST:
            raise YamlError(f"{_line(event)}: nested more than {_DEEPEST} sections deep")
        if node.size > _MOST_VALUES:
            raise YamlError(
                f"{_line(event)}: holds more than {_MOST_VALUES:,} values, counting what aliases "
                "repeat; shorten it"
            )
        return node

    def _list(self, path: KeyPath) -> _Node:
        items: list[_Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            place = (*path, len(items))
            self.lines[place] = event.start_mark.line + 1
            items.append(self._node(event, place))
        return _whole([item.value for item in items], items)

    def _section(self, path: KeyPath) -> _Node:
        own: dict[str, _Node] = {}
        merged: dict[str, Any] = {}
        parts: list[_Node] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = _key(event)
            place = (*path, key)
            if place in self.lines:
                raise YamlError(
                    f"{_line(event)}: the key '{key}' stands twice in its section, first on line "
                    f"{self.lines[place]}; remove or rename one"
                )
            self.lines[place] = event.start_mark.line + 1
            node = self._node(next(self.events), place)
            parts.append(node)
            if key == _MERGE and event.implicit[0]:
                merged = _merged(node.value, event)
            else:
                own[key] = node
        return _whole({**merged, **{key: node.value for key, node in own.items()}}, parts)


def _whole(value: Any, parts: list[_Node]) -> _Node:
    size = 1 + sum(part.size for part in parts)
    return _Node(value, size, 1 + max((part.depth for part in parts), default=0))


def _merged(value: Any, event: Any) -> dict[str, Any]:
    """What a merge key brings in: one section, or several, of which the earlier win."""
    sections = value if isinstance(value, list) else [value]
    if not all(isinstance(section, dict) for section in sections):
        raise YamlError(f"{_line(event)}: '{_MERGE}' takes over the keys of sections alone")
    return {key: item for section in reversed(sections) for key, item in section.items()}


def _key(event: Any) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise YamlError(f"{_line(event)}: a key must be text, no section, list or alias")
    if event.implicit[0] and event.value == _MERGE:
        return _MERGE
    key = _scalar(event)
    if isinstance(key, str):
        return key
    written = event.value or "before ':'"
    raise YamlError(f"{_line(event)}: the key {written} is no text; put it into quotation marks")


def _scalar(event: Any) -> Any:
    if event.implicit[0] and event.tag is None:
        try:
            return plain_value(event.value)
        except YamlError as error:
            raise YamlError(f"{_line(event)}: {error}") from None
    if event.tag != f"{_TAG}str":
        _refuse_tag(event)
    return event.value


def _refuse_tag(event: Any) -> None:
    if event.tag not in (None, "!"):
        tag = event.tag.replace(_TAG, "!!")
        raise YamlError(f"{_line(event)}: the tag {tag} means nothing here; remove it")


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else "somewhere"


def _explained(error: yaml.MarkedYAMLError, text: str) -> str:
    """What a parser found wrong in a text, with the line."""
    mark = error.problem_mark or error.context_mark
    line = f"line {mark.line + 1}: " if mark else ""
    if mark and text[mark.index : mark.index + 1] == "\t":
        return f"{line}a tab stands where YAML wants spaces; write spaces"
    problem = " ".join(str(error.problem).split())
    context = " ".join(str(error.context).split()) if error.context else ""
    if context and error.context_mark and mark and error.context_mark.line != mark.line:
        context += f" from line {error.context_mark.line + 1} on"
    return f"{line}not valid YAML: {', '.join(filter(None, (problem, context)))}"
