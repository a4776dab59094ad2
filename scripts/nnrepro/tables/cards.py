"""Cards of the models and data sets of a study.

A model's tells what it is, what it was trained on and what it reached; a data set's what it holds,
and on what terms.

After the model cards of Mitchell et al. (2019), https://doi.org/10.1145/3287560.3287596, as far as
a study can tell: what a model is for, and for what not, its author knows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nnrepro.document import wording
from nnrepro.study.study import Study
from nnrepro.tables.columns import metric_values
from nnrepro.tables.metrics import metric


@dataclass(frozen=True)
class Card:
    """What a reader is told of a model or a data set.

    Attributes:
        name: its name in the registry, or of the data set in the configuration.
        facts: titles, each with what is told.
    """

    name: str
    facts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """All in one paragraph."""
        return " ".join(f"{title}: {said.rstrip('.')}." for title, said in self.facts)


def model_cards(study: Study, variants: pd.DataFrame) -> Iterator[Card]:
    """The card of each model that a study's variants have."""
    for name in map(str, dict.fromkeys(variants["model"])):
        own = variants[variants["model"].eq(name)]
        spec = study.models.get(name)
        combinations = {*own[["protocol", "experiment", "variant"]].agg("/".join, axis=1)}
        runs = [run for run in study.runs if run.combination in combinations]
        facts = [
            ("What it is", spec.summary.replace("`", "") if spec else ""),
            ("Reads", wording.joined([*dict.fromkeys(run.data or run.input for run in runs)])),
            ("Parameters", wording.joined([*spec.parameters]) if spec else ""),
            ("Variants", wording.grouped(len(own))),
            *_reached(study, own),
        ]
        if name:
            yield Card(name, tuple((title, said) for title, said in facts if said))


def data_card(study: Study, name: str, recorded: Mapping[str, Any]) -> Card:
    """The card of a data set.

    `recorded` is what provenance tells of it.
    """
    declared = study.data.get(name, {})
    made_up = recorded.get("generated")
    examples: Mapping[str, int] = recorded.get("examples") or {}
    counted = [f"{wording.grouped(count)} to {_USES[split]}" for split, count in examples.items()]
    facts = [
        ("Source", str(recorded.get("source") or wording.UNKNOWN)),
        ("Generated", wording.UNKNOWN if made_up is None else "yes" if made_up else "no"),
        ("Read as", wording.joined([*map(str, recorded.get("inputs") or ())])),
        ("Predicted", wording.joined([*map(str, recorded.get("predicted") or ())])),
        ("Split by", str(declared.get("group") or "")),
        ("Examples of a run, at most", wording.joined(counted)),
        ("Note", str(recorded.get("note") or declared.get("note") or "")),
        ("Licence", str(declared.get("licence") or "")),
        ("Cite as", str(declared.get("citation") or "")),
    ]
    return Card(name, tuple((title, said) for title, said in facts if said))


_USES = {"train": "train on", "validation": "validate by", "test": "test on"}


def _reached(study: Study, own: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """The best variant of each experiment, by what its protocol selects by."""
    keys = own[["protocol", "experiment"]].drop_duplicates()
    for protocol, experiment in keys.itertuples(index=False, name=None):
        rows = own[own["protocol"].eq(protocol) & own["experiment"].eq(experiment)]
        shown = metric(study.selection_metric(protocol, [experiment]))
        values = metric_values(rows, shown.name).dropna()
        if values.empty:
            continue
        place = study.experiments[experiment].title
        if study.protocols[protocol].title:
            place += f" ({study.protocols[protocol].title})"
        order = values.sort_values(ascending=not shown.higher_is_better, kind="stable")
        best = rows.loc[order.index[:1]]
        (label,), (seeds,) = best["label"], best["seeds"]
        counted = wording.counted(int(seeds), "seed")
        said = f"{label}: {shown.phrase} {shown.text(float(order.iloc[0]))}, {counted}"
        yield f"Best in {place}", said
