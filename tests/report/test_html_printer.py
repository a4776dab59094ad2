"""What the HTML is printed by."""

import re
from dataclasses import replace
from urllib.parse import unquote

from nnrepro.document.elements import Figure, Panels
from nnrepro.report.html.printer import data_uri, printed


def test_embedded_figures_decode_to_themselves_and_stay_small() -> None:
    """A data URI gives the SVG back, is one word, and costs less than base64 would."""
    points = " ".join(f"{x}.{x % 10} {x * 7 % 100}" for x in range(2000))
    text = "<text>50 % &amp; #</text>"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><path d="M{points}"/>\n{text}</svg>'
    uri = data_uri(svg)
    given = unquote(uri.partition(",")[2])
    same = svg.replace("\n", "").replace('="', "='").replace('">', "'>").replace('"/>', "'/>")
    assert given.replace(",", " ") == same.replace('g" ', "g' ")
    assert given.count(",") == 3999
    assert not any(sign in uri for sign in '"<>&#\n')
    assert len(uri) < 1.1 * len(svg)


def test_drawings_side_by_side_are_the_narrow_ones_where_a_wide_one_could_not_be_read() -> None:
    """Alone, the narrow one is for phones only; where there is but one, no screen has a choice."""
    two = tuple(
        Figure(f"figure-{number}", "One.", "<svg/>", "One", "curves", "<svg id='narrow'/>")
        for number in (1, 2)
    )
    alone = printed([Panels(two[:1], beside=True)], 2)
    assert re.findall('media="([^"]*)"', alone) == ["(max-width: 40rem)"]
    chosen = re.findall('media="([^"]*)"', printed([Panels(two, beside=True)], 2))
    assert chosen == ["(max-width: 40rem), (min-width: 56rem) and (max-width: 92rem)"] * 2
    narrow = printed([replace(two[0], svg=two[0].narrow)], 2)
    assert narrow.count("data:image") == 1 and "<picture>" in narrow
