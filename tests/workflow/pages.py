"""Reading what the workflow made."""

from pathlib import Path


def report_pages(results: Path) -> str:
    """The HTML of the report and of all pages of its appendix."""
    files = sorted((results / "report").rglob("*.html"), reverse=True)
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
