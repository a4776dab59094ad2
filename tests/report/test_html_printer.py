"""What the HTML is printed by."""

from urllib.parse import unquote

from nnrepro.report.html.printer import data_uri


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
