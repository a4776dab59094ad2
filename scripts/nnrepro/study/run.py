"""A run: protocol x experiment x variant x seed, one training job."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, Self

from nnrepro.errors import NnreproError

MODEL = "model"
"""Among the selected parameters it stands for the model itself."""

Scalar = int | float | str | bool

ANALYSIS_SETTINGS = (
    "window",
    "smoothing",
    "classes",
    "collapse_below",
    "collapse_above",
    "collapse_epochs",
)
"""Settings that decide how a history is read, not how it comes about."""

_RUN_ID = re.compile(
    r"^(?P<protocol>[^/]+)/(?P<experiment>[^/]+)/(?P<variant>[^/]+)/seed(?P<seed>\d+)$"
)


class RunId(NamedTuple):
    """The four parts of `<protocol>/<experiment>/<variant>/seed<k>`."""

    protocol: str
    experiment: str
    variant: str
    seed: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split a run id.

        Raises:
            NnreproError: `text` does not have the form of a run id.
        """
        match = _RUN_ID.match(text)
        if match is None:
            raise NnreproError(
                f"'{text}' is no run id; expected <protocol>/<experiment>/<variant>/seed<k>"
            )
        return cls(match["protocol"], match["experiment"], match["variant"], int(match["seed"]))

    def __str__(self) -> str:
        return f"{self.protocol}/{self.experiment}/{self.variant}/seed{self.seed}"


@dataclass(frozen=True)
class Variant:
    """One point of an experiment before protocol and seed.

    A selection decides its model where that is empty: one of `models`. A `rank` above 0 is the
    place, from 1, of the variant that it takes parameters from among the selected ones.
    """

    name: str
    label: str
    model: str
    parameters: Mapping[str, Scalar]
    models: tuple[str, ...] = ()
    rank: int = 0

    @property
    def possible_models(self) -> tuple[str, ...]:
        """Its model, or those of which a selection decides."""
        return self.models or (self.model,)


@dataclass(frozen=True)
class Run:
    """One training job with everything that decides its result.

    Attributes:
        protocol: whose way of working it follows.
        experiment: the question it belongs to.
        variant: the point of the experiment.
        seed: decides initial weights, order of examples and dropout.
        label: short name of the variant for figures and tables.
        model: registered name of the architecture; empty while a selection has to decide it.
        input: what the model reads (`image`, `characters`, `words`).
        settings: data, training and model parameters, flat and resolved.
        protocol_settings: the values that a budget cut down, as the protocol asks for them.
        selects_from: experiment whose selection supplies `selected_parameters`; None without one.
        selected_parameters: names of the parameters that come from that selection, `model` among
            them where it decides that, too.
        rank: the place, from 1, of the selected variant that they come from; 0 for the best one of
            a selection of one.
        rungs: the epochs at the end of each rung of a successive halving, in which the run may be
            left behind; empty without one.
        data: the data set that it reads; empty where the only one that gives its input is meant.
    """

    protocol: str
    experiment: str
    variant: str
    seed: int
    label: str
    model: str
    input: str
    settings: Mapping[str, Scalar]
    protocol_settings: Mapping[str, Scalar] = field(default_factory=dict)
    selects_from: str | None = None
    selected_parameters: tuple[str, ...] = ()
    rungs: tuple[int, ...] = ()
    data: str = ""
    rank: int = 0

    @property
    def reads(self) -> str:
        """What it reads: its input, and before that the data set, where one is named."""
        return f"{self.data}/{self.input}" if self.data else self.input

    @property
    def test_set(self) -> tuple[str, int]:
        """The data set and how many test examples of it: what results are compared on.

        A data set that is not named is told by its input; texts give two.
        """
        data = self.data or ("texts" if self.input in ("characters", "words") else self.input)
        return data, int(self.settings.get("test_examples", 0))

    @property
    def id(self) -> str:
        """The run id, which is also its folder below `runs/`."""
        return str(RunId(self.protocol, self.experiment, self.variant, self.seed))

    @property
    def combination(self) -> str:
        """The run id without its seed: replicates have it in common."""
        return f"{self.protocol}/{self.experiment}/{self.variant}"

    @property
    def protocol_epochs(self) -> int:
        """Epochs the protocol asks for; `settings["epochs"]` may be fewer under a budget."""
        return int(self.protocol_settings.get("epochs", self.settings["epochs"]))

    @property
    def ends_itself(self) -> bool:
        """Whether it may have fewer epochs than asked for and yet be all that was asked for."""
        return bool(self.rungs) or "early_stopping" in self.settings

    @property
    def pending_parameters(self) -> tuple[str, ...]:
        """Selected parameters that no decision has filled in yet."""
        known = {*self.settings, *([MODEL] if self.model else [])}
        return tuple(name for name in self.selected_parameters if name not in known)

    def resolved(self, decision: Mapping[str, Scalar]) -> Self:
        """This run with the selected parameters taken from a selection's decision.

        A parameter that the decision tells as None is one that the selected variant has not got.

        Raises:
            NnreproError: nothing was selected, or the decision lacks a parameter that this run
                needs.
        """
        decision = self.own_part(decision)
        if decision.get("variant", "") is None:
            raise NnreproError(
                f"not trained, as nothing was selected from '{self.selects_from}': "
                f"{decision.get('reason')}"
            )
        missing = [name for name in self.selected_parameters if name not in decision]
        if missing:
            raise NnreproError(
                f"run {self.id}: the selection from '{self.selects_from}' does not say "
                f"{', '.join(missing)}; it says {dict(decision)}"
            )
        chosen = {name: v for name in self.selected_parameters if (v := decision[name]) is not None}
        names = tuple(chosen)
        model = str(chosen.pop(MODEL, self.model))
        return replace(
            self, model=model, settings={**self.settings, **chosen}, selected_parameters=names
        )

    def own_part(self, decision: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a decision says of the variant that this run takes parameters from."""
        best = decision.get("best")
        if not self.rank or best is None:
            return decision
        if self.rank > len(best):
            return {"variant": None, "reason": f"{len(best)} variants alone can be selected"}
        own: Mapping[str, Any] = best[self.rank - 1]
        return own

    def matches(self, decision: Mapping[str, Scalar]) -> bool:
        """Whether this run is of the variant that a selection decided on."""
        return self.variant == decision["variant"]

    def as_done(self, done: Mapping[str, int], *, diverged: bool = False) -> Self:
        """This run with what was really done in place of what was asked for.

        What is less than the protocol asks for goes by the protocol's number into
        `protocol_settings`, as under a budget; not so the epochs of a run that ends by itself.

        Args:
            done: settings with the numbers that were reached, for example epochs.
            diverged: whether its loss was no longer finite, at which it ends unless told to go on.
        """
        ends = self.ends_itself or (diverged and self.settings.get("on_divergence") == "stop")
        asked = {
            name: self.protocol_settings.get(name, self.settings.get(name, 0)) for name in done
        }
        others = {k: v for k, v in self.protocol_settings.items() if k not in done}
        if ends and done.get("epochs", 0) < int(self.settings["epochs"]):
            asked["epochs"] = done["epochs"]
        short = {name: value for name, value in asked.items() if done[name] < int(value)}
        return replace(
            self, settings={**self.settings, **done}, protocol_settings={**others, **short}
        )

    def for_training(self) -> Self:
        """This run without what has no effect on its training.

        Names for readers, settings of the analysis and a budget's origin are left out, so that
        changing them retrains nothing; so is the data set's name, as what it holds is told apart.
        """
        settings = {k: v for k, v in self.settings.items() if k not in ANALYSIS_SETTINGS}
        return replace(self, label=self.variant, settings=settings, protocol_settings={}, data="")

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able form that `from_dict` reads back."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        del own["rungs"]  # a run without any is told as before there were any
        for name in ("data", "rank"):
            if not own[name]:
                del own[name]
        return {
            "id": self.id,
            **own,
            "settings": dict(self.settings),
            "protocol_settings": dict(self.protocol_settings),
            "selected_parameters": list(self.selected_parameters),
            **({"rungs": list(self.rungs)} if self.rungs else {}),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Build a run from what `to_dict` gave."""
        own = {key: item for key, item in value.items() if key != "id"}
        lists = {name: tuple(own.get(name, ())) for name in ("selected_parameters", "rungs")}
        return cls(**own | lists)
