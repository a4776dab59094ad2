"""Make a folder with a study of your own, which runs at once and is then yours to change.

Without more words the study is of a small table that the command makes up: points on the arms of a
spiral, and which arm each belongs to. With --data it is of a CSV file, which is copied beside it;
what of that will be read, and as what, is said, and stands in config.yaml to be changed.

  nnrepro new digits
  nnrepro new flowers --data iris.csv --label species
  nnrepro new prices --data houses.csv --target price --ignore id address --missing mean
  nnrepro new reviews --data reviews.csv --text review --label stars
  cd flowers
  snakemake --cores all
"""

import argparse
import math
import random
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nnrepro.data.errors import DataError
from nnrepro.data.first_look import proposed, told
from nnrepro.errors import NnreproError
from nnrepro.files import write_text
from nnrepro.project import PROJECT
from nnrepro.study.kinds import kinds
from nnrepro.study.options import SOURCES
from nnrepro.yamlfile import dump_yaml

SUMMARY = "a folder with a study of your own, which runs at once"
PROFILES = PROJECT / "profiles"
_FOR_CLUSTERS = ("kubernetes", "slurm", "submit")
_OF_DATA = (
    *("label", "target", "text", "ignore", "categories"),
    *("missing", "separator", "decimal", "encoding"),
)
"""Options of the source `csv` that are also the command's."""
_ARMS = ("first", "second", "third")
_POINTS = 120
_LONGEST_NAME = 100

_SNAKEFILE = """\
# Carries out the study of config.yaml beside this file: snakemake --cores all
import nnrepro


module nnrepro:
    snakefile:
        nnrepro.snakefile()


use rule * from nnrepro
"""

_CONFIG = """\
# {about}
name: {name}
data:
  {data}: {source}
experiments:
  search: # 6 points drawn from the distributions below
    model: {model}
    epochs: 30
    samples: 6
    test_evaluation: never
    parameters:
      units: {{choice: [8, 16, 32]}}
      learning_rate: {{log_uniform: [0.001, 0.1]}}
  final: # the best of them by validation, again, with other seeds; then the test set, once
    select: search
    seeds: 5
    test_evaluation: at_end
"""

_README = """\
# {name}

A study of neural networks, carried out by nnrepro. {about}

```sh
snakemake --cores all             # trains what is missing, then tables, figures and report
snakemake --cores all --dry-run   # what would be done, and why
nnrepro plan                      # how long that will take
nnrepro check                     # whether all fits together
```

Both programs are in the environment that nnrepro is installed in. The report is
`results/{name}/report/index.html`. What is studied stands in `config.yaml`; paths there are meant
from that file on. Change it and call again: only what the change affects is made again.
"""


@dataclass(frozen=True)
class _Data:
    """The data of a new study: how the file is read, and what is said of it."""

    file: str
    options: dict[str, object]
    about: str
    model: str = "mlp"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add = parser.add_argument
    add("folder", type=Path, help="the folder to make; its name is the study's")
    add("--data", type=Path, metavar="FILE", help="a CSV file whose first line names its columns")
    answer = parser.add_mutually_exclusive_group()
    answer.add_argument("--label", metavar="COLUMN", help="the column with classes to predict")
    answer.add_argument("--target", metavar="COLUMN", help="the column with numbers to predict")
    add("--text", metavar="COLUMN", help="read this column as text, and no other")
    add("--ignore", metavar="COLUMN", nargs="+", help="columns that are not read")
    add("--categories", metavar="COLUMN", nargs="+", help="columns whose numbers are only names")
    options = kinds(SOURCES)["csv"].options
    add(
        "--missing",
        choices=options["missing"].choices,
        help="where values lack: refuse (unless you say otherwise), drop such rows, or fill in the "
        "mean of the column",
    )
    add("--separator", metavar="MARK", help="between values; the likeliest unless you say it")
    add("--decimal", choices=options["decimal"].choices, help="the mark of decimals, likewise")
    add("--encoding", choices=options["encoding"].choices, help="of the file, where not UTF-8")
    add("--profile", choices=_FOR_CLUSTERS, help="also a profile for a cluster, to be edited there")


def run(asked: argparse.Namespace) -> int:
    """Make the folder, and say how to go on."""
    folder = Path(asked.folder)
    name = _name(folder)
    data = _given(asked) if asked.data else _made_up(asked, name)
    _refuse_what_is_there(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if asked.data:
        shutil.copyfile(asked.data, folder / data.file)
    else:
        write_text(folder / data.file, "\n".join(["x,y,arm", *_spiral()]) + "\n")
    words = {"name": name, "about": data.about}
    write_text(folder / "Snakefile", _SNAKEFILE)
    write_text(folder / "README.md", _README.format(**words))
    write_text(folder / ".gitignore", ".snakemake/\nresults/\n")
    write_text(folder / ".gitattributes", "* -text\n")  # or checksums fail where Git writes CRLF
    write_text(folder / "config.yaml", _configuration(words, data))
    for profile in filter(None, ("default", asked.profile)):
        shutil.copytree(PROFILES / profile, folder / "profiles" / profile)
    place, snakemake = (shlex.quote(str(word)) for word in (folder, _snakemake()))
    print(f"{folder} holds a study that runs: cd {place} && {snakemake} --cores all")
    return 0


def _name(folder: Path) -> str:
    """The study's name: the folder's, with what no name may hold left out."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-_")
    if not name or len(name) > _LONGEST_NAME:
        raise NnreproError(
            f"'{folder}': a study is named by letters, digits, '_' and '-', {_LONGEST_NAME} at "
            "most; give its folder such a name"
        )
    return name


def _refuse_what_is_there(folder: Path) -> None:
    """Nothing that somebody made is written over."""
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        raise NnreproError(
            f"'{folder}' is there already, and not an empty folder; name another one"
        )


def _given(asked: argparse.Namespace) -> _Data:
    """A CSV file, read as training will read it, so that what cannot be is told now."""
    file: Path = asked.data
    if file.is_dir():
        raise NnreproError(
            f"--data: '{file}' is a folder, and a CSV file is wanted; of images in a folder for "
            "each class, make a study with 'nnrepro new' alone, and in its config.yaml name them "
            f"in place of the table: {{source: images, path: {file}}}; see docs/data.md"
        )
    if not (asked.label or asked.target):
        raise NnreproError(
            "--data: say what is to be predicted, --label COLUMN for classes or --target COLUMN "
            "for numbers"
        )
    given = {name: getattr(asked, name) for name in _OF_DATA if getattr(asked, name)}
    section = {"source": "csv", "path": str(file), **given}
    why: list[str] = []
    try:
        found, why = proposed(section)
        look = told("data", {**section, **found})
    except DataError as error:
        options = re.findall(rf"\b({'|'.join(_OF_DATA)}): ('[^']+'|[^\s;,()]+)", str(error))
        hints = [f"Here that is an option: --{key} {value}" for key, value in options[:1]]
        raise NnreproError("\n  ".join([str(error), *why, *hints])) from error
    print("\n".join([f"{file.name}: {look[0]}", *(f"  {line}" for line in [*look[1:], *why])]))
    read = f"texts of the column '{asked.text}'" if asked.text else "the columns"
    about = f"Predicts '{asked.label or asked.target}' of {file.name} from {read}."
    return _Data(file.name, {**given, **found}, about, "word_rnn" if asked.text else "mlp")


def _made_up(asked: argparse.Namespace, name: str) -> _Data:
    """The table that the command makes."""
    lost = [f"--{key}" for key in _OF_DATA if getattr(asked, key)]
    if lost:
        raise NnreproError(f"{lost[0]}: says something of a CSV file; name it: --data FILE")
    about = f"The points in {name}.csv are made up: three arms of a spiral, with noise."
    return _Data(f"{name}.csv", {"label": "arm"}, about)


def _spiral() -> Iterator[str]:
    """Lines of a table: points on three arms of a spiral, the same ones at every call."""
    draw = random.Random(0)
    for arm, word in enumerate(_ARMS):
        for point in range(_POINTS):
            radius = (point + 1) / _POINTS
            angle = 2 * math.pi * arm / len(_ARMS) + 4 * radius + draw.gauss(0, 0.15)
            yield f"{radius * math.cos(angle):.4f},{radius * math.sin(angle):.4f},{word}"


def _configuration(words: dict[str, str], data: _Data) -> str:
    source = {
        "source": "csv",
        "path": data.file,
        **data.options,
        "split": {"validation": 0.15, "test": 0.15},
    }
    key = re.sub(r"[^a-z0-9_]+", "_", words["name"].lower()).strip("_")
    return _CONFIG.format(
        **words,
        data=key if key[:1].isalpha() else f"data_{key}",
        source=dump_yaml(source, one_line=True).strip(),
        model=data.model,
    )


def _snakemake() -> str:
    """How Snakemake is called: by its name where that leads to this environment."""
    beside = Path(sys.executable).with_name("snakemake")
    found = shutil.which("snakemake")
    return "snakemake" if found and Path(found).samefile(beside) else str(beside)
