"""Environment files, lock file and declared dependencies agree."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml


def locked(repository: Path) -> dict[str, str]:
    """Version by package in the lock file."""
    text = (repository / "requirements.lock").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("machine", ["cpu", "gpu"])
def test_environment_has_the_locked_versions(repository: Path, machine: str) -> None:
    environment = yaml.safe_load((repository / f"envs/{machine}.yaml").read_text())
    (pip,) = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    pins = dict(re.sub(r"\[.*?\]", "", line).split("==") for line in pip)
    lock = locked(repository)
    assert pins == {name: lock[name] for name in pins}


def test_every_declared_dependency_is_locked_and_in_every_environment(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    declared = {
        re.match(r"[a-z0-9-]+", line)[0]  # type: ignore[index]
        for line in project["project"]["dependencies"]
    }
    assert declared <= set(locked(repository))
    for machine in ("cpu", "gpu"):
        text = (repository / f"envs/{machine}.yaml").read_text()
        assert all(re.search(rf"- {name}(\[|==)", text) for name in declared)


def lock_files(repository: Path) -> list[Path]:
    """All lock files of the project, those of environments and of what is made left out."""
    found = [path.relative_to(repository) for path in repository.glob("[!.]*/**/*.lock")]
    own = [path for path in found if path.parts[0] not in ("build", "results")]
    return sorted([Path("requirements.lock"), *own])


def test_every_requirement_of_every_lock_file_has_a_hash_and_none_names_a_host(
    repository: Path,
) -> None:
    files = lock_files(repository)
    others = {f"envs/{name}.lock" for name in ("audit", "docs", "uv")}
    assert {"requirements.lock", "benchmarks/requirements.lock"} | others == set(map(str, files))
    for file in files:
        text = (repository / file).read_text()
        entries = re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.MULTILINE)[1:]
        assert entries
        for entry in entries:
            assert re.match(
                r"[a-z0-9._-]+==[^ ]+( ;.*)? \\\n    --hash=sha256:[0-9a-f]{64}", entry
            ), entry
        assert "http" not in text


def test_make_lock_makes_every_lock_file(repository: Path) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "lock"], cwd=repository, capture_output=True, text=True, check=True
    )
    made = set(re.findall(r"--output-file (\S+\.lock)", done.stdout))
    assert made == {str(file) for file in lock_files(repository)}
    assert done.stdout.count("--generate-hashes") == len(made)


def test_the_audit_reads_every_lock_file(repository: Path) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "audit"], cwd=repository, capture_output=True, text=True, check=True
    )
    audited = set(re.findall(r"--requirement (\S+\.lock)", done.stdout))
    assert audited == {str(file) for file in lock_files(repository)}


@pytest.mark.parametrize("profile", ["demo", "slurm", "submit", "kubernetes"])
def test_default_profile_leaves_other_profiles_their_keys(repository: Path, profile: str) -> None:
    """Snakemake lets the workflow's own profile win over the one that a user names."""
    default, other = (
        yaml.safe_load((repository / f"profiles/{name}/config.yaml").read_text())
        for name in ("default", profile)
    )
    assert not set(default) & set(other)


@pytest.mark.parametrize("profile", ["default", "demo", "slurm", "submit", "kubernetes"])
def test_every_key_of_a_profile_has_a_comment(repository: Path, profile: str) -> None:
    lines = (repository / f"profiles/{profile}/config.yaml").read_text().splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"[a-z-]+:", line)]
    assert keys
    for number in keys:
        before = lines[number - 1] if number else ""
        assert before.startswith("#") or "#" in lines[number], lines[number]
