"""The language of claims: arithmetic on measures of runs, compared with a number.

    best(test_accuracy) of text_models/word_rnn_gru > best(test_accuracy) of text_models/word_cnn
    train_seconds of optimizers/adam / train_seconds of optimizers/rmsprop in [0.9, 1.1]
    tail(test_accuracy) of channel_grid/c1-90_c2-40 > tail(test_accuracy) of each(channel_grid)

`of` binds a measure, or arithmetic in brackets, to runs. Several runs stand in `mean(...)`, which
averages them, or in `each(...)`, of which every one is meant. The syntax is Python's with `of` for
its power sign and `about` for its sign of equality, so that Python parses it.
"""

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from nnrepro.claims.conditions import (
    HOLDS,
    UNDECIDED,
    Bound,
    Condition,
    Crossing,
    Evidence,
    Quantity,
    Term,
    Untestable,
)
from nnrepro.measures.convergence import tolerance
from nnrepro.measures.curves import CURVES, curve_names
from nnrepro.measures.expressions import (
    Expression,
    Measure,
    Mistake,
    Number,
    Operation,
    evaluate,
    operands,
    parse_arithmetic,
    parse_measure,
    parse_number,
)
from nnrepro.measures.functions import EPOCHS, RATIO
from nnrepro.measures.spans import ANYTHING, Span, highest, lowest
from nnrepro.statistics.ranks import rank_correlation
from nnrepro.study.messages import nearest

EXAMPLE = "best(test_accuracy) of cells/gru > best(test_accuracy) of cells/lstm"
SIGNS: Mapping[type[ast.cmpop], tuple[int, bool, str]] = {
    ast.Gt: (1, False, "above"),
    ast.GtE: (1, True, "at least"),
    ast.Lt: (-1, False, "below"),
    ast.LtE: (-1, True, "at most"),
}
"""Signs of comparison: the side that meets them, whether the number itself does, and their word."""

_TOKEN = re.compile(r"[A-Za-z_]\w*/[^\s,()\[\]]+|\bof\b|\babout\b")
_AS_PYTHON = {"of": "**", "about": "=="}
_NEAR = (0.25, 2.0, 100)
"""`about n`: within a quarter of n from a size of 100 on, within a factor of 2 below."""
_SETTLED_SHARE = 0.9


@dataclass(frozen=True)
class Group:
    """Runs of one item: those that selectors name, by their mean or one by one."""

    selectors: tuple[str, ...]
    averaged: bool

    def variants(self, evidence: Evidence) -> list[tuple[str, ...]]:
        """The variants of its terms."""
        found = evidence.variants(self.selectors)
        if not found:
            raise Untestable(f"the study has no run of {' + '.join(self.selectors)}")
        return [tuple(sorted(found))] if self.averaged else [(variant,) for variant in found]


@dataclass(frozen=True)
class Of:
    """A measure of runs.

    Attributes:
        measure: the measure; for a crossing, the one that gives its level.
        groups: the runs.
        each: whether every one of them is meant.
        curve: for a crossing, the curve that reaches the level.
        reference: for a crossing, the selector of the run that gives the level.
    """

    measure: Measure
    groups: tuple[Group, ...]
    each: bool
    curve: str = ""
    reference: str = ""

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return EPOCHS if self.curve else self.measure.unit

    @property
    def selectors(self) -> tuple[str, ...]:
        """Every selector in it."""
        own = tuple(selector for group in self.groups for selector in group.selectors)
        return (*own, self.reference) if self.reference else own

    @property
    def single(self) -> tuple[str, ...]:
        """The selectors in it that have to name one variant."""
        plain = not self.each and not self.groups[0].averaged
        own = self.groups[0].selectors if plain else ()
        return (*own, self.reference) if self.reference else own

    def quantities(self, evidence: Evidence, where: "Comparison | None") -> list[Quantity]:
        """What it stands for, one quantity after another; of `each`, those that meet `where`."""
        found = [v for group in self.groups for v in group.variants(evidence)]
        if self.curve:
            (reference,) = evidence.variants([self.reference])
            return [Crossing(self.curve, v[0], self.measure, reference) for v in found]
        terms = [Term(self.measure, variants) for variants in dict.fromkeys(found)]
        if where is None or not self.each:
            return list(terms)
        return [term for term in terms if _meets(term, where, evidence)]

    def join(self, values: Sequence[Span]) -> Span:
        """Its value: that of its one quantity."""
        return values[0]


@dataclass(frozen=True)
class Overall:
    """A number about several runs at once, by a function of `OVERALL`."""

    function: str
    of: Of

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return RATIO if self.function == "rank_correlation" else self.of.unit

    def join(self, values: Sequence[Span]) -> Span:
        """Its value, given those of its runs."""
        return OVERALL[self.function](values)


@dataclass(frozen=True)
class Comparison:
    """A number on one side of a threshold, or between two.

    Attributes:
        text: as it is written.
        value: the number, as arithmetic on `Of`, `Overall` and numbers.
        bounds: what is asked of it.
        asked: the same in words.
    """

    text: str
    value: Expression
    bounds: tuple[Bound, ...]
    asked: str

    @property
    def terms(self) -> tuple[Of, ...]:
        """Every measure of runs in it."""
        return tuple(o.of if isinstance(o, Overall) else o for o in operands(self.value))

    @property
    def name(self) -> str:
        """What it says, without the runs."""
        if isinstance(self.value, Of) and not self.value.curve:
            return f"{self.value.measure.text} {self.asked}"
        kind = _kind(self.value)
        return f"{self.terms[0].measure.text}, {kind} {self.asked}" if kind else self.text

    @property
    def subject(self) -> str:
        """The number, without the runs: a measure, or how runs are compared by one; else empty."""
        match self.value:
            case Of() as of:
                return "" if of.curve else of.measure.text
            case Overall(function, of):
                return f"{function.replace('_', ' ')} of {of.measure.text}"
        kind = _kind(self.value)
        return f"{_COMPARED[kind]} {self.terms[0].measure.text}" if kind else ""

    def conditions(self, evidence: Evidence, where: "Comparison | None") -> Iterator[Condition]:
        """What it comes down to, given which variants there are.

        For every choice of a run from each `each(...)`; a run is not compared with itself.
        """
        parts = list(operands(self.value))
        choices: list[list[tuple[Quantity, ...]]] = []
        for part in parts:
            of = part.of if isinstance(part, Overall) else part
            found = of.quantities(evidence, where)
            whole = isinstance(part, Overall)
            choices.append([tuple(found)] if whole else [(quantity,) for quantity in found])
        chosen = any(isinstance(part, Of) and part.each for part in parts)
        for choice in product(*choices):
            if chosen and len(set(choice)) < len(choice):
                continue
            words = _words(self.value, iter(choice))
            for bound in self.bounds:
                yield Condition(words, self.value, choice, bound)


def _spread(values: Sequence[Span]) -> Span:
    """Largest minus smallest."""
    spread = highest(values) - lowest(values)
    return Span(max(spread.low, 0.0), spread.high)


def _rank_correlation(values: Sequence[Span]) -> Span:
    """Spearman's correlation of values with their order; unknown unless every value is known."""
    if not all(value.known for value in values):
        return ANYTHING
    found = rank_correlation(range(len(values)), [value.low for value in values])
    return ANYTHING if math.isnan(found) else Span.point(found)


OVERALL: Mapping[str, Callable[[Sequence[Span]], Span]] = {
    "spread": _spread,
    "rank_correlation": _rank_correlation,
}
"""Functions of a measure of several runs."""

STEPWISE = ("rank_correlation",)
"""Those that small errors of the runs leave as they are or move by a step."""


def _meets(term: Term, where: Comparison, evidence: Evidence) -> bool:
    """Whether a term is one of those that are compared."""
    assert isinstance(where.value, Of)
    values = [evidence.over_seeds(where.value.measure, variant) for variant in term.variants]
    words = {bound.met(bound.margin(value)) for value in values for bound in where.bounds}
    if UNDECIDED in words:
        raise Untestable(f"whether {where.text} is so of {term} is not known")
    return words == {HOLDS}


_COMPARED = {
    "difference": "difference in",
    "ratio": "ratio of",
    "relative": "relative difference in",
}
_BETWEEN = {"-": "minus", "+": "plus", "*": "times", "/": "over"}


def _kind(value: Expression) -> str:
    """How two runs are compared by one measure: by difference, ratio or relative difference."""
    match value:
        case Operation("-", Operation("/") as inner, Number(1.0)):
            return "relative" if _kind(inner) else ""
        case Operation(("-" | "/") as symbol, Of() as one, Of() as other) if (
            one.measure == other.measure and not one.curve
        ):
            return "difference" if symbol == "-" else "ratio"
    return ""


def _words(value: Expression, choice: Iterator[tuple[Quantity, ...]]) -> str:
    """What a number is about, in words."""
    match value:
        case Number(number):
            return f"{number:g}"
        case Operation("-", Operation("/", one, other), Number(1.0)):
            return f"{_words(one, choice)} relative to {_words(other, choice)}"
        case Operation(symbol, one, other):
            return f"{_words(one, choice)} {_BETWEEN[symbol]} {_words(other, choice)}"
        case Overall(function):
            return f"{function.replace('_', ' ')} of {len(next(choice))}"
    return str(next(choice)[0])


def parse_comparisons(text: object) -> list[Comparison]:
    """The comparisons that a text makes: one, or those of a chain `a > b > c`."""
    source, tree = _parsed(text)
    if not isinstance(tree, ast.Compare):
        raise Mistake(f"'{source.text}' compares nothing; write it as in '{EXAMPLE}'")
    sides = [tree.left, *tree.comparators]
    found: list[Comparison] = []
    for sign, (left, right) in zip(tree.ops, pairwise(sides), strict=True):
        value, bounds, asked = source.link(left, sign, right)
        if found and found[-1].value == value:
            last = found.pop()
            bounds, asked = (*last.bounds, *bounds), f"{last.asked} and {asked}"
        if not list(operands(value)):
            raise Mistake(f"'{source.text}' says nothing of runs")
        found.append(Comparison(source.text, value, bounds, asked))
    return found


def parse_settling(text: object) -> dict[str, Comparison]:
    """What `converged(curve) of runs` asks, by what it says of the curve; empty for another text.

    The curve settles in the first 90 % of the run, and is level at its end.
    """
    source, tree = _parsed(text)
    match tree:
        case ast.BinOp(left=ast.Call(func=ast.Name(id="converged"), args=[_, *rest]) as call):
            curve, runs = source.of(call.args[0]), source.text.partition(" of ")[2]
            within = parse_number(rest[0]) if rest else tolerance(curve)
            share = f"(conv_epoch({curve}, {within!r}) / {EPOCHS}) of {runs} <= {_SETTLED_SHARE}"
            (settles,) = parse_comparisons(share)
            (level,) = parse_comparisons(f"drift({curve}) of {runs} <= {within!r}")
            return {"settles in time": settles, "level at the end": level}
    return {}


def parse_where(text: object) -> Comparison:
    """A comparison of measures that is asked of any run, such as `range(test_accuracy) < 0.15`."""
    source, tree = _parsed(text)
    match tree:
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in SIGNS:
            of = Of(parse_measure(source.of(left)), (), each=False)
            bound, asked = _bound(sign, parse_number(right))
            return Comparison(source.text, of, (bound,), asked)
    raise Mistake(f"'{source.text}' must be a measure and a limit, as in range(test_loss) < 0.2")


def _parsed(text: object) -> tuple["_Source", ast.expr]:
    if not isinstance(text, str):
        raise Mistake(f"{text!r} must be a comparison, such as '{EXAMPLE}'")
    text = " ".join(text.split())

    def in_python(match: re.Match[str]) -> str:
        return _AS_PYTHON.get(match[0]) or repr(match[0])

    python = _TOKEN.sub(in_python, text)
    try:
        if any(sign in text for sign in _AS_PYTHON.values()):
            raise ValueError("Python's own signs are not meant")
        return _Source(text, python), ast.parse(python, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise Mistake(f"'{text}' cannot be read; write it as in '{EXAMPLE}'") from error


def _bound(sign: ast.cmpop, number: float) -> tuple[Bound, str]:
    side, inclusive, word = SIGNS[type(sign)]
    return Bound(side, number, inclusive), f"{word} {number + 0.0:g}"


_TURNED = {ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Lt: ast.Gt, ast.LtE: ast.GtE}


@dataclass(frozen=True)
class _Source:
    """A text of the language, as written and in Python's spelling."""

    text: str
    python: str

    def of(self, node: ast.expr) -> str:
        """What is written of a node."""
        return ast.get_source_segment(self.python, node) or ""

    def link(
        self, left: ast.expr, sign: ast.cmpop, right: ast.expr
    ) -> tuple[Expression, tuple[Bound, ...], str]:
        """The number of one comparison, its bounds, and these in words."""
        value = self.arithmetic(left)
        match sign, right:
            case ast.In(), ast.List(elts=[least, most]):
                low, high = parse_number(least), parse_number(most)
                if low > high:
                    raise Mistake(f"in [{low:g}, {high:g}]: {low:g} is above {high:g}")
                within = f"within {high:g} of 0" if low == -high else ""
                asked = within or f"between {low:g} and {high:g}"
                return value, (Bound(1, low, True), Bound(-1, high, True)), asked
            case ast.Eq(), _:
                number = parse_number(right)
                if number == 0:
                    raise Mistake("about 0: nothing is near 0 by a factor; write in [low, high]")
                share, factor, large = _NEAR
                ends = [number / factor, number * factor]
                if abs(number) >= large:
                    ends = [(1 - share) * number, (1 + share) * number]
                low, high = sorted(ends)
                return value, (Bound(1, low, True), Bound(-1, high, True)), f"about {number:g}"
        if type(sign) not in SIGNS:
            raise Mistake(
                f"'{self.text}': compare by >, >=, <, <=, 'in [low, high]' or 'about number'"
            )
        limit = self.arithmetic(right)
        if not list(operands(value)):
            value, limit, sign = limit, value, _TURNED[type(sign)]()
        if list(operands(limit)):
            value, limit = Operation("-", value, limit), Number(0.0)
        bound, asked = _bound(sign, evaluate(limit, lambda operand: ANYTHING).low)
        return value, (bound,), asked

    def arithmetic(self, node: ast.expr) -> Expression:
        """Arithmetic on measures of runs."""
        return parse_arithmetic(node, self.operand)

    def operand(self, node: ast.expr) -> Of | Overall:
        """A measure of runs, or a function of one."""
        match node:
            case ast.BinOp(left=measure, op=ast.Pow(), right=runs):
                return self.measure_of(measure, runs)
            case ast.Call(func=ast.Name(id=name), args=[inner]) if name in OVERALL:
                of = self.operand(inner)
                if isinstance(of, Of) and of.each:
                    return Overall(name, of)
                raise Mistake(f"{name} is of several runs: {name}(measure of each(...))")
        written = self.of(node).replace("**", "of")
        if isinstance(node, ast.Compare | ast.List | ast.Tuple):
            raise Mistake(f"'{written}' is no number")
        raise Mistake(
            f"'{written}' says not of which runs; write '{written} of experiment/variant', with "
            "brackets about arithmetic"
        )

    def measure_of(self, measure: ast.expr, runs: ast.expr) -> Of:
        """A measure, or an epoch at which a curve reaches one of another run, of some runs."""
        groups, each = self.runs(runs)
        match measure:
            case ast.Call(
                func=ast.Name(id="first_epoch"),
                args=[ast.Compare(left=ast.Name(id=curve), ops=[ast.GtE()], comparators=[level])],
            ):
                of = self.operand(level)
                single = isinstance(of, Of) and not of.each and not of.groups[0].averaged
                if curve not in curve_names() or not single or groups[0].averaged:
                    raise Mistake(
                        f"first_epoch: write it as first_epoch({CURVES[0]} >= measure of run)"
                    )
                assert isinstance(of, Of)
                return Of(of.measure, groups, each, curve, of.groups[0].selectors[0])
        return Of(parse_measure(self.of(measure)), groups, each)

    def runs(self, node: ast.expr) -> tuple[tuple[Group, ...], bool]:
        """Runs as written after `of`, and whether every one of several is meant."""
        match node:
            case ast.Call(func=ast.Name(id="each"), args=[_, *_] as items):
                found = [self.runs(item) for item in items]
                if any(each for _, each in found):
                    raise Mistake("each(...) within each(...)")
                return tuple(group for groups, _ in found for group in groups), True
            case ast.Call(func=ast.Name(id="mean"), args=[_, *_] as items):
                return (Group(tuple(map(self.selector, items)), averaged=True),), False
        return (Group((self.selector(node),), averaged=False),), False

    def selector(self, node: ast.expr) -> str:
        """A selector of runs."""
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id=name):
                return name
        written = self.of(node)
        name = written.partition("(")[0]
        raise Mistake(
            f"'{written}' names no runs{nearest(name, ('each', 'mean'))}; give a selector such as "
            f"experiment/variant, or several in each(...) or mean(...)"
        )
