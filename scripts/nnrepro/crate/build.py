"""Building the crate: one function per kind of entity, all with fixed ids and no date of today."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity, Entity
from rocrate.rocrate import ROCrate

from nnrepro import __version__
from nnrepro.data.checksums import sha256_of
from nnrepro.failures import was_made
from nnrepro.files import read_bytes, write_bytes, write_json, write_text
from nnrepro.study.paths import RUN_FILES, StudyPaths
from nnrepro.study.study import Study
from nnrepro.tables.cards import data_card, model_cards
from nnrepro.tables.csvfile import read_csv

WORKFLOW = "workflow/Snakefile"
CONFIGURATION = "workflow/config.json"
README = "README.md"
RELEASED = "2026-11-24"
"""When this version of nnrepro was released; the crate's date unless SOURCE_DATE_EPOCH is set."""

CRATE = "https://w3id.org/ro/crate/1.1"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
LICENCE = "https://spdx.org/licenses/MIT"
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}

_PLACES = ("archive", "results")
"""Keys of the configuration that say where files lie, which is no part of a study."""

_README = """# {title}

Results of the study `{name}`, made by nnrepro, a Snakemake workflow.

| path | what |
| --- | --- |
| `report/index.html`, `report/report.pdf` | the report |
| `report/details/`, `report/details.pdf` | its appendix: every figure, table and run |
| `report/report.zip` | both as one file to send |
| `tables/` | tables as CSV; `tables/runs.csv` has one row per run |
| `figures/` | figures as SVG and PNG, by protocol and kind |
| `failures/` | what could not be made, and why; empty lists where all was made |
| `runs/` | histories and records of all runs, where they were trained here |
| `supplements/` | tables and figures of other studies that the report shows, where it does |
| `workflow/` | the workflow's entry file, and the configuration of the study |
| `ro-crate-metadata.json` | all this for programs: https://w3id.org/ro/crate |
"""

_FORMATS = {
    ".md": "text/markdown",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".json": "application/json",
}
_REPORTS = {
    "report/index.html": "The report, one self-contained page",
    "report/report.pdf": "The report as PDF",
    "report/details.pdf": "Its appendix as PDF",
}
_RECORDS = {
    "provenance.json": "Data, code, packages, machines and seconds behind the runs",
    "histories.json": "Which histories were read, and which are damaged or missing",
}


def write_crate(
    study: Study,
    *,
    snakefile: Path,
    config: Mapping[str, Any],
    provenance: Mapping[str, Any],
    reading: Mapping[str, Any],
    tables: Sequence[Path],
    figures: Sequence[Path],
    snakemake_version: str,
) -> None:
    """Describe the finished results of a study, as `ro-crate-metadata.json` in their folder.

    The workflow's entry file and the configuration are copied to `workflow/` beside it, because a
    crate describes what is in it. The same results give the same bytes: sums, not dates, tell files
    apart. `provenance` is what the runs tell of data, code and machines, `reading` what reading
    them brought to light; `tables` and `figures` are the study's files and folders of these. What
    else lies beside them, left by the study as it was before, is no part of the crate, and the
    README says so.
    """
    paths = StudyPaths.of(study)
    kept = {key: value for key, value in config.items() if key not in _PLACES}
    write_json(paths.root / CONFIGURATION, json.loads(json.dumps(kept, default=dict)))
    departing = _departing(reading)
    readme = _README.format(title=study.title, name=study.name)
    remarks = filter(None, (departing, _left_over(paths.root, [*tables, *figures])))
    write_text(paths.root / README, "\n".join((readme, *(f"{each}\n" for each in remarks))))
    write_bytes(paths.root / WORKFLOW, read_bytes(snakefile))
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms.update(TERMS)
    crate.metadata["conformsTo"] = [{"@id": url} for url in (CRATE, *list(PROFILES)[-1:])]
    _describe(crate, study)
    software = [*_packages(crate, provenance)]
    workflow = _workflow(crate, study, snakemake_version, software)
    made = [
        *_reports(crate, paths),
        *_tables(crate, paths, study, tables),
        *_figures(crate, paths, study, figures),
    ]
    used = [
        _file(crate, paths, CONFIGURATION, f"Configuration of the study. {departing}".strip()),
        *_histories(crate, paths, study),
        *_data(crate, study, provenance),
    ]
    made += _models(crate, paths, study)
    for name, words in _RECORDS.items():
        made.append(_file(crate, paths, name, words))
    made.append(_file(crate, paths, README, "What lies in this folder"))
    made[-1]["about"] = crate.root_dataset
    action = _context(
        crate,
        "#making-of-the-report",
        "CreateAction",
        name=f"Making the report of the study '{study.name}'",
        description="snakemake carried out the workflow with this configuration.",
        actionStatus="http://schema.org/CompletedActionStatus",
    )
    action["instrument"], action["object"], action["result"] = workflow, used, made
    crate.root_dataset["mentions"] = action
    write_json(paths.crate, crate.metadata.generate())


def _departing(reading: Mapping[str, Any]) -> str:
    """How many runs are not known to be as the configuration says; empty where there are none."""
    runs = {item["run"] for item in reading["problems"] if item["file"] == RUN_FILES["record"]}
    if not runs:
        return ""
    return (
        f"The records of {len(runs)} of the runs tell of other settings than `{CONFIGURATION}`, or "
        "cannot be read: `histories.json` says which, and tables have the settings of the records."
    )


def _left_over(root: Path, own: Sequence[Path]) -> str:
    """Which tables and figures lie there that the study has not, or no more; empty without any."""
    there = [*(root / "tables").glob("*.csv"), *(root / "figures").glob("*/*")]
    others = sorted(path.relative_to(root).as_posix() for path in {*there} - {*own})
    if not others:
        return ""
    return (
        "Left by an earlier form of the study, and no part of it as it is now: "
        f"{', '.join(f'`{name}`' for name in others)}."
    )


def _describe(crate: ROCrate, study: Study) -> None:
    """What the crate as a whole is."""
    root = crate.root_dataset
    root["name"] = study.title
    root["description"] = (
        f"Report, tables and figures of the study '{study.name}': {len(study.runs)} runs of "
        f"neural-network experiments, carried out by a Snakemake workflow."
    )
    root["datePublished"] = _date()
    root["license"] = _work(
        crate,
        LICENCE,
        name="MIT License",
        description="Use, change and pass on, with the notice of copyright.",
        identifier=LICENCE,
    )
    root["conformsTo"] = [
        _work(crate, url, name=name, version=version) for url, (name, version) in PROFILES.items()
    ]


def _date() -> str:
    """The date in SOURCE_DATE_EPOCH (https://reproducible-builds.org), or of this version."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat() if seconds else RELEASED


def _workflow(crate: ROCrate, study: Study, version: str, software: Sequence[Entity]) -> Entity:
    """The workflow, with the language that it is written in and the software that runs used."""
    root = StudyPaths.of(study).root
    workflow = crate.add_workflow(
        root / WORKFLOW, WORKFLOW, main=False, lang="snakemake", lang_version=version
    )
    workflow["name"] = "nnrepro: from a declared study to its report"
    workflow["version"] = __version__
    workflow["encodingFormat"] = "text/plain"
    workflow["sha256"] = sha256_of(root / WORKFLOW)
    workflow["conformsTo"] = _work(crate, BIOSCHEMAS, name="ComputationalWorkflow")
    workflow["softwareRequirements"] = [*software]
    crate.mainEntity = workflow
    return workflow


def _reports(crate: ROCrate, paths: StudyPaths) -> Iterator[Entity]:
    for name, words in _REPORTS.items():
        if was_made(paths.root / name):
            yield _file(crate, paths, name, words)
    appendix = paths.beside_report("details").relative_to(paths.root).as_posix()
    yield _folder(crate, appendix, "Its appendix", "Pages with every figure, table and run.")


def _tables(
    crate: ROCrate, paths: StudyPaths, study: Study, tables: Iterable[Path]
) -> Iterator[Entity]:
    titles = {"runs": "Every run with its parameters and metrics", "variants": "Every variant"}
    titles |= {name: spec.title for name, spec in study.tables.items()}
    for file in filter(was_made, sorted(tables)):
        yield _file(crate, paths, f"tables/{file.name}", titles.get(file.stem, _spelled(file)))
    for name in study.supplements:
        for file in filter(was_made, sorted((paths.supplement(name) / "tables").glob("*.csv"))):
            place = file.relative_to(paths.root).as_posix()
            yield _file(crate, paths, place, f"Supplement {name}: {_spelled(file)}")


def _spelled(file: Path) -> str:
    return file.stem.replace("_", " ").capitalize()


def _figures(
    crate: ROCrate, paths: StudyPaths, study: Study, folders: Iterable[Path]
) -> Iterator[Entity]:
    """Folders of figures, one per protocol and kind."""
    for folder in sorted(folders):
        protocol = study.protocols.get(folder.parent.name)
        owner = protocol.title if protocol else folder.parent.name
        kind = folder.name.replace("_", " ")
        files = sorted(folder.rglob("*.png"))
        yield _folder(
            crate,
            folder.relative_to(paths.root).as_posix(),
            f"Figures, {owner}: {kind}",
            f"{len(files)} figures as SVG and PNG.",
        )


def _histories(crate: ROCrate, paths: StudyPaths, study: Study) -> Iterator[Entity]:
    """The folder of all runs; of an archive, which lies elsewhere, that it was used."""
    words = "One folder per run: history.json and, where known, run.json and predictions.npz."
    if paths.archive is None:
        yield _folder(crate, "runs", "Histories of all runs", words)
    else:
        yield _work(
            crate,
            "#archive",
            name="Archive of histories",
            description=f"{words} It is no part of this crate; tables/runs.csv and provenance.json "
            "say what was read of it.",
        )


def _data(crate: ROCrate, study: Study, provenance: Mapping[str, Any]) -> Iterator[Entity]:
    """Data sets that the runs were trained on, each file with its checksum."""
    for name, item in sorted((provenance.get("data") or {}).items()):
        sums = [
            _context(
                crate,
                f"#data-{name}-{index}",
                "PropertyValue",
                name=f"SHA-256 of {file}",
                propertyID=TERMS["sha256"],
                value=str(value),
            )
            for index, (file, value) in enumerate(sorted((item.get("sha256") or {}).items()), 1)
        ]
        stands_in = "".join(
            f" {tested['file']} stands in for its test file."
            for tested in item.get("test") or ()
            if tested and tested.get("stands_in")
        )
        data = _work(
            crate,
            f"#data-{name}",
            name=f"Data set {name}",
            description=f"{data_card(study, name, item).text}{stands_in}",
        )
        if sums:
            data["identifier"] = sums
        declared = study.data.get(name, {})
        if declared.get("licence"):
            words = str(declared["licence"])
            data["license"] = _work(crate, f"#licence-of-{name}", name=words)
        if declared.get("citation"):
            data["citation"] = str(declared["citation"])
        yield data


def _models(crate: ROCrate, paths: StudyPaths, study: Study) -> Iterator[Entity]:
    """The models with their cards, where the table of variants was made."""
    table = paths.table("variants")
    if was_made(table):
        for card in model_cards(study, read_csv(table)):
            yield _work(
                crate, f"#model-{card.name}", name=f"Model {card.name}", description=card.text
            )


def _packages(crate: ROCrate, provenance: Mapping[str, Any]) -> Iterator[Entity]:
    for name, versions in sorted((provenance.get("packages") or {}).items()):
        for version in map(str, versions):
            address = f"https://pypi.org/project/{name}/{version}/"
            described = {"name": name, "softwareVersion": version, "url": address}
            yield _context(crate, address, "SoftwareApplication", **described)


def _work(crate: ROCrate, address: str, **described: str) -> Entity:
    return _context(crate, address, "CreativeWork", **described)


def _context(crate: ROCrate, address: str, kind: str, **described: str) -> Entity:
    """Something that is no file of the crate."""
    return crate.add(ContextEntity(crate, address, {"@type": kind, **described}))


def _file(crate: ROCrate, paths: StudyPaths, name: str, words: str) -> Entity:
    path = paths.root / name
    described = {
        "name": words,
        "encodingFormat": _FORMATS[path.suffix],
        "contentSize": str(path.stat().st_size),
        "sha256": sha256_of(path),
    }
    return crate.add_file(path, name, properties=described)


def _folder(crate: ROCrate, name: str, title: str, words: str) -> Entity:
    described = {"name": title, "description": words}
    return crate.add_dataset(dest_path=name, properties=described)
