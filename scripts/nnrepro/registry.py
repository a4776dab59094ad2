"""Definitions by name, as decorators register them: the library's, and in their place one's own."""

from collections.abc import Container, Iterator, Mapping
from typing import Generic, TypeVar

from nnrepro.errors import NnreproError

Definition = TypeVar("Definition")

_LIBRARY = f"{__name__.partition('.')[0]}."


class Registry(Mapping[str, Definition], Generic[Definition]):
    """What is registered, by name, in the order of names; it follows what comes and goes.

    Of a library's and another module's definition of one name, that of the other module holds.
    """

    def __init__(self, word: str, error: type[NnreproError]) -> None:
        """Begin with nothing.

        Args:
            word: what a definition is, for messages.
            error: what is raised where a name is taken.
        """
        self.word = word
        self._error = error
        self._shipped: dict[str, tuple[str, Definition]] = {}
        self._own: dict[str, tuple[str, Definition]] = {}
        REGISTRIES.append(self)

    def add(self, name: str, definition: Definition, module: str) -> None:
        """Register what a module defines; defined again by the same module, the last one holds.

        Raises the registry's error where another module of the same side has the name.
        """
        side = self._shipped if module.startswith(_LIBRARY) else self._own
        known, _ = side.get(name, (module, None))
        if known != module:
            raise self._error(
                f"two {self.word}s are called '{name}': {known} and {module}; rename one"
            )
        side[name] = module, definition

    def forget(self, modules: Container[str]) -> None:
        """Drop what some modules, none of the library's, have defined."""
        self._own = {name: own for name, own in self._own.items() if own[0] not in modules}

    def own(self) -> Mapping[str, str]:
        """The modules of what is not the library's, by name."""
        return {name: module for name, (module, _) in self._own.items()}

    def replaced(self) -> list[str]:
        """Names of the library's definitions in whose place another module's stand."""
        return sorted(self._shipped.keys() & self._own.keys())

    def __getitem__(self, name: str) -> Definition:
        side = self._own if name in self._own else self._shipped
        return side[name][1]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._shipped, *self._own}))

    def __len__(self) -> int:
        return len({*self._shipped, *self._own})


REGISTRIES: list[Registry] = []
"""All that there are."""
