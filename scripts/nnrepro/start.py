"""A process that takes fewer processor seconds to start: many jobs are short beside that."""

import gc
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000
_KERAS_DOES_WITHOUT = frozenset({"matplotlib", "pandas"})


class _WithoutForKeras(MetaPathFinder, Loader):
    """As if packages were not installed, for as long as Keras is being imported.

    Keras imports them where they are there, for functions that draw and that take data frames; no
    run calls one. Whoever imports them before or afterwards gets them. They are found, and cannot
    be imported, as PyTorch looks for some that it does not import.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        keras = sys.modules.get("keras")
        if name in _KERAS_DOES_WITHOUT and getattr(
            getattr(keras, "__spec__", None), "_initializing", False
        ):
            return ModuleSpec(name, self)
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        raise ModuleNotFoundError(f"Keras is imported without {name}", name=name)


def start_fast() -> None:
    """Spend less on imports in this process; to be called before them.

    What modules define is there to stay, as rules and jobs of a workflow are, and to look through
    it for garbage after every 700 objects takes a fifth of the time in which TensorFlow is
    imported, and a twentieth of that in which a study is read.
    """
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    if not any(isinstance(finder, _WithoutForKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WithoutForKeras())
