"""A calculator that cannot be made to do anything else."""

from __future__ import annotations

import ast
import operator
import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, DecimalException, localcontext
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from frontdesk.sdk import context as sdk
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.tools import Tool, ToolAnswer

from .words import phrase

LONGEST = 500
HIGHEST_EXPONENT = 1000
DEEPEST = 50
# decimal128, with a smaller range: nobody asks for the price of a coffee above 10^1000.
EXACTNESS = Context(prec=34, Emax=HIGHEST_EXPONENT, Emin=-HIGHEST_EXPONENT)
OPERATORS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda left, right: (left / right).to_integral_value(ROUND_FLOOR),
    ast.Mod: lambda left, right: left - right * (left / right).to_integral_value(ROUND_FLOOR),
    ast.Pow: lambda left, right: _power(left, right),
}
CONSTANTS = {"pi": Decimal("3.141592653589793238462643383279503"), "e": Decimal(1).exp(EXACTNESS)}
WRITTEN = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "٫": ".", "٬": ""})
PERCENT = re.compile(r"(\d)\s*[%٪](?!\s*[\w(.])")


class SumArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")
    expression: str = Field(
        min_length=1,
        max_length=LONGEST,
        description="The sum: numbers with a decimal point, + - * / // % ** ( ), 15% for a share, pi, e, and the functions"
        " sqrt, round(number, digits), min, max, abs, floor, ceil, ln, log10.",
        examples=["3 * 4.20 + 15% * 80"],
    )


class Calculate(Tool):
    name = "calculate"
    label = phrase("Calculator")
    description = "Work out a sum exactly. Use it for prices, totals, shares and conversions instead of reckoning yourself."
    arguments = SumArguments
    seconds = 5.0

    async def call(self, arguments: SumArguments, context: sdk.Context) -> ToolAnswer:
        return ToolAnswer(f"{arguments.expression.strip()} = {calculate(arguments.expression)}")


def calculate(expression: str) -> str:
    """The result as a plain decimal number. Raises ToolError."""
    text = PERCENT.sub(r"\1/100", _western(expression).translate(WRITTEN)).strip()
    try:
        tree = ast.parse(text, mode="eval")
        with localcontext(EXACTNESS):
            return _plain(_value(tree.body, DEEPEST))
    except ToolError:
        raise
    except ZeroDivisionError as error:
        raise ToolError("That divides by zero.") from error
    except DecimalException as error:
        raise ToolError("The result is too large, too small, or no number.") from error
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ToolError(f"This is not a sum: {expression[:100]!r}. Write numbers with a decimal point, like 3 * 4.20.") from error


def _western(text: str) -> str:
    """Digits of any script as 0–9."""
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def _value(node: ast.AST, room: int) -> Decimal:
    if room == 0:
        raise ToolError("This sum is nested too deeply. Work it out in parts.")
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return +Decimal(repr(number))
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, room - 1)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner, room - 1)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            return OPERATORS[type(sign)](_value(left, room - 1), _value(right, room - 1))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if name in FUNCTIONS:
            return _applied(name, [_value(each, room - 1) for each in given])
    raise ToolError(f"I cannot work out {ast.unparse(node)[:60]!r}. Only numbers, + - * / // % ** and {', '.join(FUNCTIONS)}.")


def _applied(name: str, values: list[Decimal]) -> Decimal:
    try:
        return FUNCTIONS[name](*values)
    except TypeError as error:
        raise ToolError(f"{name} takes another number of values than {len(values)}.") from error


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if abs(exponent) > HIGHEST_EXPONENT:
        raise ToolError(f"The exponent may be {HIGHEST_EXPONENT} at most.")
    return base**exponent


def _round(number: Decimal, digits: Any = Decimal(0)) -> Decimal:
    """Half up, as on a bill."""
    if abs(digits) > 30:
        raise ToolError("Round to 30 digits at most.")
    return number.quantize(Decimal(1).scaleb(-int(digits)), rounding=ROUND_HALF_UP)


def _plain(number: Decimal) -> str:
    """Without an exponent where that stays readable, and without zeros that say nothing."""
    if not number.is_finite():
        raise ToolError("The result is no number.")
    shown = number if number.as_tuple().exponent == -2 else number.normalize()
    return f"{shown:f}" if -20 <= shown.adjusted() <= 33 or shown == 0 else f"{shown:E}"


FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "sqrt": lambda number: number.sqrt(),
    "round": _round,
    "min": lambda first, *others: min(first, *others) if others else first,
    "max": lambda first, *others: max(first, *others) if others else first,
    "abs": lambda number: abs(number),
    "floor": lambda number: number.to_integral_value(ROUND_FLOOR),
    "ceil": lambda number: number.to_integral_value(ROUND_CEILING),
    "ln": lambda number: number.ln(),
    "log10": lambda number: number.log10(),
}
