"""What is odd about the data stands in the report, at the top where it bears on the numbers."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.report.conftest import PROVENANCE, squeezed

ODD = {"arrays": "dbpedia_words", "message": "3 of the 9 test <b>texts</b> are", "telling": True}
SLIGHT = {"arrays": "cifar10", "message": "1 of the 9,000 examples repeat", "telling": False}
TELLING = "Something about the data bears on the numbers"


def found(*remarks: dict[str, Any]) -> dict[str, Any]:
    """Provenance with remarks on a data set."""
    return {**PROVENANCE, "data": {"own": {"source": "folder", "remarks": list(remarks)}}}


@pytest.mark.parametrize("telling", [True, False])
def test_odd_data_is_told_on_screen_and_in_print(
    small: Any, outline: Any, pages: Callable[[bytes], str], telling: bool
) -> None:
    results = small()
    provenance = found(*([ODD, SLIGHT] if telling else [SLIGHT]))
    html, pdf = results.build(provenance), pages(results.build_pdf(provenance))
    text = outline(html).text
    messages = ["cifar10: 1 of the 9,000 examples repeat"]
    messages += ["dbpedia_words: 3 of the 9 test <b>texts</b> are"] if telling else []
    for message in messages:
        assert message in text[text.rindex("What was read") :]
        assert squeezed(message) in pdf
    for whole, said in ((text, TELLING), (pdf, squeezed(TELLING))):
        assert (said in whole) is telling
    assert ("(dbpedia_words)" in text) is telling
    assert "<b>texts</b>" not in html


def test_nothing_is_told_where_nothing_is_known(small: Any, outline: Any) -> None:
    assert TELLING not in outline(small().build()).text
