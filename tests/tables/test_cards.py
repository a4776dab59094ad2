"""Cards: what a model is and the best that it reached under each protocol; what data hold."""

from pathlib import Path

import pandas as pd

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_configuration
from nnrepro.tables.cards import data_card, model_cards
from nnrepro.tables.csvfile import tidy_types

COLUMNS = ["protocol", "experiment", "variant", "label", "seeds", "model", "window"]
READ = [*COLUMNS, "last200_mean_test_accuracy", "max_test_accuracy"]
ROWS = [
    ["tan", "channel_grid", "c1-10_c2-20", "10/20", 2, "image_cnn", 200, 0.41, 0.50],
    ["tan", "channel_grid", "c1-10_c2-40", "10/40", 2, "image_cnn", 200, 0.43, 0.49],
    ["koh", "channel_grid", "c1-10_c2-20", "10/20", 1, "image_cnn", 200, 0.41, 0.50],
    ["koh", "channel_grid", "c1-10_c2-40", "10/40", 1, "image_cnn", 200, 0.43, 0.49],
    ["tan", "text_models", "char_cnn", "char CNN", 1, "char_cnn", 200, None, None],
]


def test_each_model_has_a_card_and_each_protocol_its_best_by_what_it_selects_by(
    repository: Path,
) -> None:
    study = load_study(read_configuration([repository / "config.yaml"]).values, catalogue())
    table = tidy_types(pd.DataFrame(ROWS, columns=READ))
    images, texts = model_cards(study, table)
    assert (images.name, texts.name) == ("image_cnn", "char_cnn")
    told = dict(images.facts)
    assert told["Reads"] == "image" and told["Variants"] == "4"
    best = {key: said.replace("\N{NARROW NO-BREAK SPACE}", " ") for key, said in images.facts[4:]}
    assert best == {
        "Best in Channel grid (Tan report)": "10/40: closing mean test accuracy 43.00 %, 2 seeds",
        "Best in Channel grid (Koh report)": "10/20: highest test accuracy 50.00 %, 1 seed",
    }
    assert [title for title, _ in texts.facts][-1] == "Variants"  # nothing was reached


def test_a_data_set_has_a_card_of_what_runs_took_of_it_and_on_what_terms(repository: Path) -> None:
    study = load_study(read_configuration([repository / "config.yaml"]).values, catalogue())
    recorded = {
        "source": "folder",
        "generated": False,
        "inputs": ["characters", "words"],
        "examples": {"train": 5600, "test": 700},
        "predicted": ["one of 14 classes"],
    }
    told = dict(data_card(study, "dbpedia", recorded).facts)
    assert told["Licence"] and told["Cite as"].startswith("Zhang")
    assert told["Read as"] == "characters and words" and told["Generated"] == "no"
    assert told["Examples of a run, at most"] == "5600 to train on and 700 to test on"
    # What no run recorded is unknown or left out.
    assert dict(data_card(study, "own", {}).facts) == {"Source": "unknown", "Generated": "unknown"}
