"""Sentences of the templates become styled text."""

import pytest

from nnrepro.document.text import Segment
from nnrepro.report.fragments import segments


def test_tags_become_styles_and_space_collapses() -> None:
    html = '\n <b>a&nbsp;b</b>  of <code>x &lt; y</code>:\n<a href="#run-1">its <b>run</b></a> '
    assert segments(html) == (
        Segment("a\u00a0b", ("bold",)),
        Segment(" of "),
        Segment("x < y", ("code",)),
        Segment(": "),
        Segment("its ", (), "run-1"),
        Segment("run", ("bold",), "run-1"),
    )


def test_escaped_markup_stays_text() -> None:
    assert segments("&lt;b&gt; #panic(&#34;x&#34;)") == (Segment('<b> #panic("x")'),)


@pytest.mark.parametrize("html", ["<blink>a</blink>", "<b>a", "a</b>", "<b><i>a</b></i>"])
def test_what_has_no_style_or_no_end_is_an_error(html: str) -> None:
    with pytest.raises(ValueError, match="a sentence"):
        segments(html)


def test_a_link_elsewhere_is_plain_text() -> None:
    assert segments('<a href="https://example.org">there</a>') == (Segment("there"),)
