"""How the data sets of a study behave: each prepared twice, and looked at."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nnrepro.data import soundness
from nnrepro.data.official import REMARKS
from nnrepro.data.prepared import preparations_read
from nnrepro.data.registry import Preparation, origin
from nnrepro.errors import NnreproError
from nnrepro.files import read_bytes, read_json
from nnrepro.study.study import Study

_EXAMPLES = {"train": "train_examples", "test": "test_examples"}


class Prepared(NamedTuple):
    """What came of preparing an input.

    Attributes:
        what: what was looked at.
        problem: what is wrong; empty where nothing is.
        reads: what runs call the input; empty where there are no arrays of it.
        arrays: the prepared arrays.
        remarks: what is odd about the data, and allowed.
    """

    what: str
    problem: str = ""
    reads: str = ""
    arrays: Path = Path()
    remarks: tuple[str, ...] = ()


def data_findings(study: Study, folder: Path) -> Iterator[Prepared]:
    """Prepare everything that a study reads below a folder, and look at it.

    Raises DataError where no data set gives what a run reads.
    """
    for reads, preparation in preparations_read(study).items():
        what = f"data set {preparation.dataset}, for models of {preparation.input}"
        try:
            yield _prepared(study, reads, preparation, folder, what)
        except NnreproError as error:
            yield Prepared(what, str(error))
        except Exception as error:
            yield Prepared(what, f"{type(error).__name__}: {error}")


def _prepared(
    study: Study, reads: str, preparation: Preparation, folder: Path, what: str
) -> Prepared:
    section = study.data[preparation.dataset]
    known = origin(preparation.dataset, section)
    least = dict.fromkeys(_EXAMPLES, 1)
    problems = [*known.problems(section, least)] or [*known.place_problems(section)]
    if problems:
        return Prepared(what, problems[0])
    source = _source(section, known, folder / "generated" / preparation.dataset)
    if source is None:
        return Prepared(f"{what}: is not looked at, as it is to be downloaded")
    made = [folder / turn / preparation.basename for turn in ("once", "twice")]
    files = [[file.with_suffix(suffix) for suffix in (".npz", ".json")] for file in made]
    for arrays, description in files:
        arrays.parent.mkdir(parents=True, exist_ok=True)
        preparation.prepare(source, arrays, description)
    (arrays, description), again = files
    for one, other in zip((arrays, description), again, strict=True):
        if read_bytes(one) != read_bytes(other):
            return Prepared(
                what, "prepared twice, it gives other bytes; take random numbers from a seed alone"
            )
    told = read_json(description)
    counts = ", ".join(f"{told[key]} {split}" for split, key in _EXAMPLES.items() if key in told)
    remarks = tuple(remark.message for remark in soundness.remarks(told))
    return Prepared(f"{what}: prepared twice alike, {counts} examples", "", reads, arrays, remarks)


def _source(section: Mapping[str, Any], known: Any, generated: Path) -> Mapping[str, Any] | None:
    """A section as `prepare` takes it; None of data that are not here."""
    if section["source"] == "download":
        return None
    if section["source"] != "generated":
        return {name: value for name, value in section.items() if name not in REMARKS}
    if not generated.is_dir():
        generated.parent.mkdir(parents=True, exist_ok=True)
        known.generate(generated, **section["generate"])
    return known.source(section, generated)
