"""Measures of a run as text: `tail(test_accuracy)`, `mean(test_loss, -100) / min(test_loss)`.

A measure is arithmetic over functions of curves (`functions.FUNCTIONS`) and over quantities of the
run. The arithmetic is parsed and evaluated for any kind of operand, so that claims can do it with
measures of several runs.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnrepro.measures.convergence import smooth
from nnrepro.measures.curves import CURVES, RunCurves, curve_names, recorded
from nnrepro.measures.functions import EPOCHS, FUNCTIONS, RATIO, SMOOTH, Curve
from nnrepro.measures.spans import Span
from nnrepro.study.messages import nearest, one_of

SECONDS = "seconds"

QUANTITIES = {"train_seconds": SECONDS, "epochs": EPOCHS, "parameters": "count"}
"""What is known of a run beside its curves, and the units."""

ALIASES = {"gap": "tail(train_accuracy) - tail(test_accuracy)"}
"""Measures that have a name of their own."""

_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_ARITHMETIC: Mapping[str, Callable[[Span, Span], Span]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


class Mistake(Exception):
    """Something wrong in a text, without the place where it stands."""


@dataclass(frozen=True)
class Number:
    """A number in an expression."""

    value: float


@dataclass(frozen=True)
class Operation:
    """Two operands, added, subtracted, multiplied or divided."""

    symbol: str
    left: "Expression"
    right: "Expression"


Expression = Any
"""A `Number`, an `Operation`, or an operand of whatever kind that has a `unit`."""


def parse_arithmetic(node: ast.expr, operand: Callable[[ast.expr], Any]) -> Expression:
    """The expression of a syntax tree, `operand` reading whatever is no arithmetic."""
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            sides = (parse_arithmetic(side, operand) for side in (left, right))
            return Operation(_OPERATORS[type(op)], *sides)
        case ast.Constant() | ast.UnaryOp():
            return Number(parse_number(node))
    return operand(node)


def parse_number(node: ast.expr) -> float:
    """A number as it is written."""
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as value) if math.isfinite(value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -parse_number(operand)
    raise Mistake(f"'{ast.unparse(node)}' is neither a measure nor a number")


def operands(expression: Expression) -> Iterator[Any]:
    """The operands of an expression that are no numbers, in written order."""
    if isinstance(expression, Operation):
        yield from operands(expression.left)
        yield from operands(expression.right)
    elif not isinstance(expression, Number):
        yield expression


def evaluate(expression: Expression, value: Callable[[Any], Span]) -> Span:
    """The value of an expression, given those of its operands."""
    if isinstance(expression, Number):
        return Span.point(expression.value)
    if not isinstance(expression, Operation):
        return value(expression)
    sides = (evaluate(side, value) for side in (expression.left, expression.right))
    return _ARITHMETIC[expression.symbol](*sides)


def _scales(expression: Expression) -> bool:
    if not isinstance(expression, Operation):
        return False
    return expression.symbol in "*/" or any(map(_scales, (expression.left, expression.right)))


def unit_of(expression: Expression) -> str:
    """The unit of an expression's values; empty for a number, and for what is in no unit known.

    A minute is no second and a per cent no fraction: what a number multiplies or divides has none.
    """
    if isinstance(expression, Number):
        return ""
    if not isinstance(expression, Operation):
        return str(expression.unit)
    left, right = unit_of(expression.left), unit_of(expression.right)
    if expression.symbol in "+-":
        return left or right
    if expression.symbol == "*" or not (left and right):
        return ""
    return RATIO if left == right else f"{left} per {right}"


@dataclass(frozen=True)
class Reading:
    """Something that is read off a run: a function of a curve, or a quantity of the run.

    Attributes:
        function: name of the function, or of the quantity.
        curve: name of the curve; empty for a quantity.
        smoothed: whether the function is of the curve's moving mean.
        arguments: further numbers.
    """

    function: str
    curve: str = ""
    smoothed: bool = False
    arguments: tuple[float, ...] = ()

    def __str__(self) -> str:
        if not self.curve:
            return self.function
        curve = f"{SMOOTH}({self.curve})" if self.smoothed else self.curve
        return f"{self.function}({', '.join([curve, *(f'{a:g}' for a in self.arguments)])})"

    @property
    def unit(self) -> str:
        """Unit of its values."""
        if not self.curve:
            return QUANTITIES[self.function]
        return FUNCTIONS[self.function].unit or recorded(self.curve).unit

    @property
    def level(self) -> bool:
        """Whether it is a level of a curve."""
        return bool(self.curve) and FUNCTIONS[self.function].level

    @property
    def is_share(self) -> bool:
        """Whether it is a share of right answers."""
        return self.level and recorded(self.curve).share

    @property
    def growth(self) -> int:
        """1 where further epochs can only raise it, -1 where only lower it, 0 where either."""
        from_the_end = any(argument < 0 for argument in self.arguments)
        if not self.curve or self.smoothed or from_the_end:
            return 0
        return FUNCTIONS[self.function].growth

    @property
    def latest(self) -> int:
        """The latest epoch that it names; 0 for none."""
        named = self.curve and FUNCTIONS[self.function].of_epochs
        return int(max(self.arguments, default=0)) if named else 0

    def settled_by(self, run: RunCurves) -> int | None:
        """The epoch after which it is what it is; None where every further one matters."""
        if self.function == "near":
            return self.latest + run.full_width // 2
        return self.latest if self.latest and len(self.arguments) > 1 else None

    def known_of(self, run: RunCurves) -> bool:
        """Whether a run has the curve that it is read off, or its end where that is all it takes.

        The test set may be evaluated with the final weights alone.
        """
        return self.curve in run.curves or (self.function == "final" and self.curve in run.ends)

    def value(self, run: RunCurves) -> float:
        """What a function of a curve gives: NaN for nothing, infinity for beyond the end.

        Nothing is what a run gives of a curve that it did not record.
        """
        if self.curve not in run.curves:
            return run.ends[self.curve] if self.known_of(run) else math.nan
        return FUNCTIONS[self.function].compute(self._curve(run), self.arguments)

    def span(self, run: RunCurves) -> Span | None:
        """What a claim may rest on.

        Returns:
            The value; a half-line for an epoch beyond the end of the run; None for no value, for a
            curve that is not recorded, and where an extreme would pass over epochs that are not
            finite.
        """
        if self.curve not in run.curves:
            return Span.point(run.ends[self.curve]) if self.known_of(run) else None
        curve = self._curve(run)
        if FUNCTIONS[self.function].gaps and not np.isfinite(curve.part(self.arguments)).all():
            return None
        value = FUNCTIONS[self.function].compute(curve, self.arguments)
        if value == math.inf:
            return Span(run.epochs + 1, math.inf)
        return Span.point(value) if math.isfinite(value) else None

    def _curve(self, run: RunCurves) -> Curve:
        values = run.curves[self.curve]
        return Curve(self.curve, smooth(values, run.width) if self.smoothed else values, run)


@dataclass(frozen=True)
class Measure:
    """A measure of a run.

    Attributes:
        text: as it is written; two measures of the same text are equal.
        expression: what it computes.
        readings: everything that it reads off a run.
    """

    text: str
    expression: Expression = field(compare=False)
    readings: tuple[Reading, ...] = field(compare=False)

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return unit_of(self.expression)

    @property
    def growth(self) -> int:
        """1 where further epochs can only raise it, -1 where only lower it, 0 where either."""
        return self.expression.growth if isinstance(self.expression, Reading) else 0

    @property
    def scaled(self) -> bool:
        """Whether it multiplies or divides anything."""
        return _scales(self.expression)

    @property
    def timed(self) -> bool:
        """Whether it depends on the machine."""
        return any(reading.unit == SECONDS for reading in self.readings)

    @property
    def of_test_set(self) -> bool:
        """Whether it reads any curve of the test set."""
        return any(reading.curve.startswith("test_") for reading in self.readings)

    @property
    def share_of_test_set(self) -> bool:
        """Whether it has a test set's sampling error: shares of right answers and nothing else."""
        return self.of_test_set and all(reading.is_share for reading in self.readings)

    def value(self, read: Callable[[Reading], Span]) -> Span:
        """Its value, given what is read off the run."""
        return evaluate(self.expression, read)


def parse_measure(text: object) -> Measure:
    """Read a measure of runs."""
    if not isinstance(text, str):
        raise Mistake(f"{text!r} must be a measure, such as tail(test_accuracy)")
    try:
        expression = _expression(text)
    except (SyntaxError, ValueError) as error:
        raise Mistake(f"'{text}' cannot be read as a measure") from error
    except Mistake as error:
        raise Mistake(f"'{text}': {error}") from error
    readings = tuple(dict.fromkeys(operands(expression)))
    if not readings:
        raise Mistake(f"'{text}' measures nothing of a run")
    return Measure(text.strip(), expression, readings)


def _expression(text: str) -> Expression:
    def operand(node: ast.expr) -> Expression:
        match node:
            case ast.Name(id=name) if name in ALIASES:
                return _expression(ALIASES[name])
            case ast.Name(id=name) if name in QUANTITIES:
                return Reading(name)
            case ast.Name(id=name):
                known = [*QUANTITIES, *ALIASES]
                if written := _as_function(name):
                    raise Mistake(f"'{name}' is a column of tables; a measure says it as {written}")
                raise Mistake(
                    f"'{name}' is no quantity of a run{nearest(name, [*known, *curve_names()])}; "
                    f"allowed: {one_of(known)}, or a function of a curve: {one_of(FUNCTIONS)}"
                )
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return _reading(name, args)
        return Number(parse_number(node))

    return parse_arithmetic(ast.parse(text.strip(), mode="eval").body, operand)


def _as_function(column: str) -> str:
    """A column of tables as the function that it has; empty where it has none."""
    generic = re.sub(r"last\d+_(?=mean_)", "last_window_", column)
    for curve in curve_names():
        for name, function in FUNCTIONS.items():
            if function.column and function.column.format(curve) == generic:
                return f"{name}({curve})"
    return ""


def _reading(name: str, args: list[ast.expr]) -> Reading:
    if name not in FUNCTIONS:
        raise Mistake(
            f"'{name}' is no function{nearest(name, FUNCTIONS)}; allowed: {one_of(FUNCTIONS)}"
        )
    if not args:
        raise Mistake(f"{name}() needs a curve: {_ALLOWED}")
    curve, smoothed = _curve(args[0])
    if name in _OF_BEST and recorded(curve).lower_is_better:
        lowest, highest = _OF_BEST[name]
        raise Mistake(
            f"{name} is about the highest value, and of {curve} less is better; write {lowest} for "
            f"the lowest{highest}"
        )
    arguments = tuple(parse_number(arg) for arg in args[1:])
    least, most = FUNCTIONS[name].numbers
    if not least <= len(arguments) <= most:
        wanted = " to ".join(dict.fromkeys((str(least), str(most))))
        raise Mistake(f"{name} takes {wanted} numbers beside the curve, not {len(arguments)}")
    return Reading(name, curve, smoothed, arguments)


_OF_BEST = {"best": ("min", ", or max for the highest"), "best_epoch": ("lowest_epoch", "")}
"""Functions of the highest value by a name that says more, and those to write of errors."""


def _curve(node: ast.expr) -> tuple[str, bool]:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name == SMOOTH:
            return _curve(inner)[0], True
        case ast.Name(id=name) if name in curve_names():
            return name, False
    written = ast.unparse(node)
    raise Mistake(f"'{written}' is no curve{nearest(written, curve_names())}; allowed: {_ALLOWED}")


_ALLOWED = f"{one_of(CURVES)}, or those of another metric"
"""Curves for a message: of the many that metrics could have, those of every classification."""
