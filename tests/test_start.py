"""A process that starts fast imports the same, but for what Keras does without."""

import subprocess
import sys
from pathlib import Path

from nnrepro.environment import keras_environment, with_library

PROGRAM = """
import sys
from nnrepro.start import start_fast
start_fast()
start_fast()
import keras
assert not {"matplotlib", "pandas"} & set(sys.modules), "Keras has imported them"
import matplotlib, pandas
assert keras.ops.convert_to_numpy(keras.ops.ones(2)).sum() == 2
finders = [type(finder).__name__ for finder in sys.meta_path]
print(pandas.DataFrame({"a": [1]}).shape, finders.count("_WithoutForKeras"))
"""


def run(program: str, repository: Path) -> str:
    """What a program prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**with_library(repository / "scripts"), **keras_environment("tensorflow")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_keras_is_imported_without_what_no_run_uses(repository: Path) -> None:
    """What it leaves out can be imported afterwards, by a plug-in; twice is as good as once."""
    assert run(PROGRAM, repository).strip() == "(1, 1) 1"


def test_what_is_there_already_stays(repository: Path) -> None:
    """A plug-in may have imported pandas before Keras is."""
    program = PROGRAM.replace("import keras\n", "import pandas\nimport keras\n")
    assert run(program.replace('"matplotlib", "pandas"', '"matplotlib"'), repository)


def test_what_keras_does_without_may_be_looked_for_meanwhile(repository: Path) -> None:
    """PyTorch looks for pandas when Keras imports it, and imports nothing."""
    program = """
import sys, types
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from nnrepro.start import start_fast
start_fast()
sys.modules["keras"] = keras = types.ModuleType("keras")
keras.__spec__ = ModuleSpec("keras", None)
keras.__spec__._initializing = True
assert find_spec("pandas").origin is None
try:
    import pandas
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert run(program, repository).strip() == "pandas"
