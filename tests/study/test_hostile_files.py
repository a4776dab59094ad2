"""Any change to the text of a configuration gives a study or a message that names file and line."""

import re
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrepro.errors import NnreproError
from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.sources import SourceError, read_source

MODELS = catalogue()
ODD_VALUES = st.one_of(
    st.sampled_from(
        [
            *(
                "010",
                "1:30",
                "1_000",
                "2024-11-26",
                "no",
                "~",
                "=",
                "<<",
                "*text",
                "&text x",
                "!x y",
            ),
            *(
                "0x1F",
                ".inf",
                ".nan",
                "1e999",
                "-1",
                "1.0",
                "1e-3",
                '"1e-3"',
                "'007'",
                "{",
                "[",
                "[]",
            ),
            *(
                "{}",
                "[1, 1.0]",
                "{a: 1, a: 2}",
                "[[1]]",
                "|",
                ">-",
                "? a",
                "- b",
                '"\\ud800"',
                "\t",
                "#",
            ),
        ]
    ),
    st.text(max_size=8),
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_change_to_the_shipped_text_gives_a_study_or_a_message(
    repository: Path, data: st.DataObject
) -> None:
    lines = (repository / "config.yaml").read_text(encoding="utf-8").splitlines()
    at = data.draw(st.integers(0, len(lines) - 1), "line")
    key, colon, _ = lines[at].partition(":")
    match data.draw(st.sampled_from(["value", "twice", "gone", "indented", "inserted"]), "kind"):
        case "value":
            lines[at] = f"{key}{colon} {data.draw(ODD_VALUES, 'value')}"
        case "twice":
            lines.insert(at, lines[at])
        case "gone":
            del lines[at]
        case "indented":
            lines[at] = f" {lines[at]}"
        case _:
            indent = re.match(" *", lines[at])[0]  # type: ignore[index]
            lines.insert(at, f"{indent}{data.draw(ODD_VALUES)}: {data.draw(ODD_VALUES)}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        file.write_bytes("\n".join(lines).encode("utf-8", errors="surrogatepass"))
        try:
            read = read_source(file)
            load_study(read.values, MODELS, read.places)
        except SourceError as error:
            assert str(error).startswith(f"{file}: line ")
        except ConfigError as error:
            for problem in error.problems:
                if not re.match(r"(the configuration|only): ", problem):
                    assert re.search(rf"\({re.escape(str(file))}, line \d+\)$", problem), problem
        except NnreproError as error:
            assert str(error).startswith("archive:")
