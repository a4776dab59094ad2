"""Files are read through one bounded room, so that no pipe, device or bomb stops or fills a job."""

import ast
from collections.abc import Iterator
from pathlib import Path

READING = {"read_text", "read_bytes", "load_weights"}
"""Functions and methods that read a file, of whatever object."""
MODULES = {
    "np": {"load", "loadtxt", "genfromtxt", "fromfile", "memmap"},
    "json": {"load"},
    "gzip": {"open"},
    "tarfile": {"open"},
    "h5py": {"File"},
    "pd": {"read_csv", "read_json", "read_table", "read_hdf", "read_excel"},
}
OTHERS = ("os", "Image")
"""Whose `open` is something else: a descriptor, an image in memory."""

ALLOWED = {
    "nnrepro/files.py": "the room",
    "nnrepro/npz.py": "reads what the room opened",
    "nnrepro/temporaries.py": "of the kernel: processes",
    "nnrepro/training/stages.py": "of the kernel: times",
    "nnrepro/models/device.py": "of the kernel: processor",
    "nnrepro/training/trained.py": "weights, after their checksum",
    "nnrepro/training/conduct.py": "weights just written, and standard input from its own parent",
    "nnrepro/export/models.py": "a network just written",
    "nnrepro/data/pictures.py": "an image that the room opened",
    "nnrepro/data/archives.py": "members of an archive that the room opened",
    "nnrepro/data/cifar10.py": "members of an archive that the room opened",
    "nnrepro/data/dbpedia.py": "members of an archive that the room opened",
    "nnrepro/report/html/printer.py": "the library's own templates",
    "nnrepro/report/pdf/printer.py": "the library's own templates",
    "nnrepro/study/schema.py": "the library's own schema",
    "nnrepro/training/apart.py": "standard input from its own parent",
    "nnrepro/forkserver.py": "programs, as Python does: the interpreter and what it is called with",
    "nnrepro/data/download.py": "the network, and the part file under its lock",
}
"""Places that read by other means, and what."""


def readings(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that read a file by means of their own."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name):
            if called.id == "open" and reads(node, mode_at=1):
                yield node
        elif isinstance(called, ast.Attribute):
            owner = called.value.id if isinstance(called.value, ast.Name) else ""
            opens = called.attr == "open" and owner not in OTHERS and reads(node, mode_at=0)
            opens |= called.attr == "ZipFile" and reads(node, mode_at=1)
            if opens or called.attr in READING or called.attr in MODULES.get(owner, ()):
                yield node


def reads(call: ast.Call, mode_at: int) -> bool:
    """Whether a call of `open` opens for reading, as far as its arguments tell."""
    modes = [word.value for word in call.keywords if word.arg == "mode"] + call.args[mode_at:][:1]
    told = [mode.value for mode in modes if isinstance(mode, ast.Constant)]
    return not any(isinstance(mode, str) and set(mode) & set("wax") for mode in told)


def test_no_module_reads_a_file_by_means_of_its_own(repository: Path) -> None:
    scripts = repository / "scripts"
    found = [
        f"{name}, line {call.lineno}: {ast.unparse(call)[:80]}"
        for file in sorted(scripts.rglob("*.py"))
        if (name := file.relative_to(scripts).as_posix()) not in ALLOWED
        for call in readings(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert not found, "read through nnrepro.files or nnrepro.npz:\n" + "\n".join(found)


def test_each_way_of_reading_is_seen() -> None:
    """The rule above would see each of these."""
    for line in (
        "path.read_text()",
        "Path('a').read_bytes()",
        "open(path)",
        "open(path, 'rb')",
        "path.open()",
        "path.open('rb')",
        "np.load(path)",
        "json.load(file)",
        "gzip.open(path)",
        "zipfile.ZipFile(path)",
        "pd.read_csv(path)",
        "h5py.File(path)",
        "model.load_weights(path)",
    ):
        assert list(readings(ast.parse(line))), line
    for line in (
        "open(path, 'w')",
        "path.open('ab')",
        "zipfile.ZipFile(path, 'w')",
        "read_text(path)",
        "os.open(path, flags)",
    ):
        assert not list(readings(ast.parse(line))), line
