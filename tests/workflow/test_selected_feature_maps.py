"""Feature maps of a selected variant come from its own weights, whatever is declared before it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.mark.slow
def test_feature_maps_of_the_selected_variant_are_those_of_its_name(finished: Any) -> None:
    figures = {
        name: {
            "question": "A1",
            "kind": "feature_maps",
            "title": "Feature maps",
            "runs": [f"optimizers/{name}"],
            "images": 1,
        }
        for name in ("selected", "adam", "sgd_dropout")
    }
    (finished.folder / "maps.yaml").write_text(yaml.safe_dump({"figures": figures}))
    results = Path("results/smallest")
    places = {p: results / "feature_maps" / p for p in ("tan", "koh")}
    finished.snakemake(
        *("--configfile", "budgets/smallest.yaml", "maps.yaml", "--"),
        *(str(place / f"{name}.npz") for place in places.values() for name in figures),
    )
    for protocol, place in places.items():
        decision = json.loads(
            (finished.folder / results / f"selection/{protocol}/optimizers.json").read_text()
        )
        variant = decision["variant"]
        maps = {name: (finished.folder / place / f"{name}.npz").read_bytes() for name in figures}
        assert maps["selected"] == maps[variant]
        assert maps["adam"] != maps["sgd_dropout"]
