"""Installed, deployed or made by `make`: the library, its command and the workflow fit together."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from copied import job_counts

BUILT_FROM = ("Snakefile", "rules", "scripts", "schemas", "envs", "profiles", "docs")
BUILT_FROM += (
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
    "Makefile",
    "requirements.lock",
)


def called(*command: str, folder: Path, **environment: str) -> str:
    """What a program says that is called in a folder, with no library on Python's path."""
    inherited = {name: own for name, own in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Path:
    """A copy of what a package is built from, and an environment."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in BUILT_FROM:
        source = repository / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


@pytest.mark.slow
def test_the_package_has_the_workflow_and_makes_studies_that_use_it(
    project: Path, tmp_path: Path
) -> None:
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps")
    called(*pip, "--no-build-isolation", "--wheel-dir", str(tmp_path), ".", folder=project)
    (wheel,) = tmp_path.glob("nnrepro-*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    shutil.rmtree(project)
    library = str(installed / "nnrepro_workflow/scripts")  # what the line in nnrepro.pth adds
    home = called(
        sys.executable,
        "-c",
        "import nnrepro, nnrepro.cli; nnrepro.cli.main(['new', 'digits']); "
        "print(nnrepro.snakefile())",
        folder=tmp_path,
        PYTHONPATH=library,
    ).splitlines()[-1]
    assert home == str(installed / "nnrepro_workflow/Snakefile")
    assert (installed / "nnrepro.pth").read_text() == "nnrepro_workflow/scripts\n"
    snakemake = (sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run")
    said = called(*snakemake, folder=tmp_path / "digits", PYTHONPATH=library)
    assert job_counts(said)["train_run"] == 11


def test_make_offers_the_command_and_a_new_study_where_it_is_called(
    project: Path, tmp_path: Path
) -> None:
    environment = project / ".venv"
    venv.create(environment, symlinks=True)
    shutil.copy2(project / "requirements.lock", environment / ".requirements.lock")
    os.utime(environment / ".requirements.lock", (0, 0))  # `make` looks at it once more
    packages = next(environment.glob("lib/python3*/site-packages"))
    rest = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "rest.pth").write_text("\n".join(rest))
    caller = tmp_path / "caller"
    caller.mkdir()
    called("make", "-C", str(project), "new", "STUDY=far", folder=caller, PWD=str(caller))
    assert (caller / "far/config.yaml").is_file()
    called("make", "new", "STUDY=near", "ARGS=--profile slurm", folder=project)
    assert (project / "near/profiles/slurm/config.yaml").is_file()
    command = tmp_path / "command"
    command.symlink_to(environment / "bin/nnrepro")
    assert called(str(command), "--version", folder=tmp_path).startswith("nnrepro ")
    place = called(
        str(environment / "bin/python"),
        "-c",
        "import nnrepro; print(nnrepro.snakefile())",
        folder=tmp_path,
    )
    assert place == f"{project}/Snakefile\n"


@pytest.mark.slow
def test_a_deployed_folder_runs(repository: Path, tmp_path: Path) -> None:
    """As Snakedeploy writes it: a module, and copies of the configuration and the profiles."""
    for name in ("config", "profiles"):
        shutil.copytree(repository / name, tmp_path / name)
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/Snakefile").write_text(
        'configfile: "config/config.yaml"\n\n'
        f'module nnrepro:\n    snakefile: "{repository}/workflow/Snakefile"\n    config: config\n\n'
        "use rule * from nnrepro\n"
    )
    snakemake = (sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run")
    assert job_counts(called(*snakemake, folder=tmp_path))["train_run"] == 11


def test_what_is_deployed_is_a_study_as_the_command_makes_it(
    repository: Path, tmp_path: Path
) -> None:
    called(
        *(sys.executable, "-m", "nnrepro", "new", "spiral"),
        folder=tmp_path,
        PYTHONPATH=str(repository / "scripts"),
    )
    for name in ("config.yaml", "spiral.csv"):
        assert (repository / "config" / name).read_text() == (
            tmp_path / "spiral" / name
        ).read_text()
