"""Builds the package of which pyproject.toml tells: the workflow as it lies here, library and all.

The library stays among the workflow's files, which name each other by their places; a line in a
`.pth` file leads Python to it.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
HOME = "nnrepro_workflow"
PARTS = ("Snakefile", "rules", "scripts", "schemas", "envs", "profiles", "docs/captions")


class Build(build_py):
    """Copies the parts of the workflow; an editable installation uses them where they are."""

    def run(self) -> None:
        """Build."""
        if self.editable_mode:
            super().run()
            return
        left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
        for part in PARTS:
            place = Path(self.build_lib, HOME, part)
            place.parent.mkdir(parents=True, exist_ok=True)
            if (HERE / part).is_dir():
                shutil.copytree(HERE / part, place, ignore=left_out, dirs_exist_ok=True)
            else:
                shutil.copyfile(HERE / part, place)
        Path(self.build_lib, "nnrepro.pth").write_text(f"{HOME}/scripts\n")


setup(cmdclass={"build_py": Build})
