"""Measures of a run as text: `tail(test_accuracy)`, `mean(test_loss, -100) / min(test_loss)`.

A measure is arithmetic over functions of curves and over quantities of the run. The words
are in `nnrepro.claims.vocabulary`; `nnrepro.claims.curves` computes them.
"""

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from nnrepro.claims.errors import Mistake
from nnrepro.claims.spans import Span
from nnrepro.claims.vocabulary import ALIASES, CURVES, FUNCTIONS, QUANTITIES, RATIO, SMOOTH
from nnrepro.study.settings import nearest, one_of


@dataclass(frozen=True)
class Number:
    """A number in a measure."""

    value: float


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
        return FUNCTIONS[self.function].unit or CURVES[self.curve]

    @property
    def growth(self) -> int:
        """1 where further epochs can only raise it, -1 where only lower it, 0 where either."""
        from_the_end = any(argument < 0 for argument in self.arguments)
        if not self.curve or self.smoothed or from_the_end:
            return 0
        return FUNCTIONS[self.function].growth


@dataclass(frozen=True)
class Operation:
    """Two parts of a measure, added, subtracted, multiplied or divided."""

    symbol: str
    left: "Expression"
    right: "Expression"


Expression = Number | Reading | Operation

_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_ARITHMETIC: Mapping[str, Callable[[Span, Span], Span]] = {
    "+": Span.__add__,
    "-": Span.__sub__,
    "*": Span.__mul__,
    "/": Span.__truediv__,
}


@dataclass(frozen=True)
class Measure:
    """A measure that has been read.

    Attributes:
        text: as it was written.
        expression: what it says.
        readings: everything that it reads off a run.
    """

    text: str
    expression: Expression = field(compare=False)
    readings: tuple[Reading, ...] = field(compare=False)

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return _unit(self.expression)

    @property
    def growth(self) -> int:
        """1 where further epochs can only raise it, -1 where only lower it, 0 where either."""
        return self.expression.growth if isinstance(self.expression, Reading) else 0

    @property
    def timed(self) -> bool:
        """Whether it depends on the machine."""
        return any(reading.function == "train_seconds" for reading in self.readings)

    @property
    def of_test_set(self) -> bool:
        """Whether it reads any curve of the test set."""
        return any(reading.curve.startswith("test_") for reading in self.readings)

    @property
    def share_of_test_set(self) -> bool:
        """Whether it has a test set's sampling error: levels of accuracies and nothing else."""
        levels = all(
            reading.curve.endswith("accuracy") and FUNCTIONS[reading.function].level
            for reading in self.readings
        )
        return levels and self.of_test_set

    def value(self, read: Callable[[Reading], Span]) -> Span:
        """Its value, given what is read off the run."""
        return _value(self.expression, read)


def parse_measure(text: object) -> Measure:
    """Read a measure.

    Raises:
        Mistake: it is no measure; the message says what is allowed.
    """
    if not isinstance(text, str):
        raise Mistake(f"{text!r} must be a measure, such as tail(test_accuracy)")
    source = ALIASES.get(text.strip(), text)
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise Mistake(f"'{text}' cannot be read as a measure") from error
    try:
        expression = _expression(tree)
    except Mistake as error:
        raise Mistake(f"'{text}': {error}") from error
    readings = tuple(dict.fromkeys(_readings(expression)))
    if not readings:
        raise Mistake(f"'{text}' measures nothing of a run")
    return Measure(text.strip(), expression, readings)


def _expression(node: ast.expr) -> Expression:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return Operation(_OPERATORS[type(op)], _expression(left), _expression(right))
        case ast.Name(id=name) if name in QUANTITIES:
            return Reading(name)
        case ast.Name(id=name) if name in ALIASES:
            return _expression(ast.parse(ALIASES[name], mode="eval").body)
        case ast.Name(id=name):
            known = [*QUANTITIES, *ALIASES]
            hint = nearest(name, [*known, *CURVES])
            raise Mistake(
                f"'{name}' is no quantity of a run{hint}; allowed: {one_of(known)}, or a function "
                f"of a curve: {one_of(FUNCTIONS)}"
            )
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _reading(name, args)
        case _:
            return Number(_number(node))


def _reading(name: str, args: list[ast.expr]) -> Reading:
    if name not in FUNCTIONS:
        raise Mistake(
            f"'{name}' is no function{nearest(name, FUNCTIONS)}; allowed: {one_of(FUNCTIONS)}"
        )
    if not args:
        raise Mistake(f"{name}() needs a curve: {one_of(CURVES)}")
    curve, smoothed = _curve(args[0])
    function, arguments = FUNCTIONS[name], tuple(_number(arg) for arg in args[1:])
    if not function.needed <= len(arguments) <= function.allowed:
        wanted = " to ".join(dict.fromkeys((str(function.needed), str(function.allowed))))
        raise Mistake(f"{name} takes {wanted} numbers beside the curve, not {len(arguments)}")
    return Reading(name, curve, smoothed, arguments)


def _curve(node: ast.expr) -> tuple[str, bool]:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name == SMOOTH:
            return _curve(inner)[0], True
        case ast.Name(id=name) if name in CURVES:
            return name, False
    written = ast.unparse(node)
    raise Mistake(f"'{written}' is no curve{nearest(written, CURVES)}; allowed: {one_of(CURVES)}")


def _number(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as value) if math.isfinite(value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
    raise Mistake(f"'{ast.unparse(node)}' is neither a measure nor a number")


def _readings(expression: Expression) -> Iterator[Reading]:
    if isinstance(expression, Reading):
        yield expression
    elif isinstance(expression, Operation):
        yield from _readings(expression.left)
        yield from _readings(expression.right)


def _unit(expression: Expression) -> str:
    if isinstance(expression, Number):
        return ""
    if isinstance(expression, Reading):
        return expression.unit
    left, right = _unit(expression.left), _unit(expression.right)
    if expression.symbol != "/":
        return left or right
    return RATIO if left == right else f"{left} per {right}" if right else left


def _value(expression: Expression, read: Callable[[Reading], Span]) -> Span:
    if isinstance(expression, Number):
        return Span.point(expression.value)
    if isinstance(expression, Reading):
        return read(expression)
    left, right = _value(expression.left, read), _value(expression.right, read)
    return _ARITHMETIC[expression.symbol](left, right)
