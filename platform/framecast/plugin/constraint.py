"""Constraints between settings, as expressions that can be checked, printed and searched over."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


_LONGEST = 1000
"""Characters of an expression."""


@dataclass(frozen=True)
class Constraint:
    """A comparison that settings must satisfy, such as `Constraint("kernel <= width", "...")`.

    `expression` is one comparison of names, numbers and + - * // %; it is parsed, never evaluated as Python. Names
    may be dotted keys (`model.width`).
    `because` completes the sentence that a refused job prints. With `when` it holds only for settings that
    have these values.
    """

    expression: str
    because: str
    when: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        comparison = self._parse()
        for side in (comparison.left, comparison.comparators[0]):
            self._check(side)

    def refusal(self, values: Mapping[str, Any]) -> str | None:
        """None if `values` satisfy the constraint, else the sentence that says which numbers do not."""
        if any(values[name] != value for name, value in self.when.items()):
            return None
        comparison = self._parse()
        try:
            left, right = _value(comparison.left, values), _value(comparison.comparators[0], values)
            if _COMPARISONS[type(comparison.ops[0])](left, right):
                return None
        except (ArithmeticError, TypeError):
            # handled: a division by 0, or a setting that is null; reported as a constraint that does not hold
            pass  # a division by 0, or a setting that is null: what cannot be computed does not hold
        numbers = ", ".join(f"{name} is {values[name]}" for name in self.names)
        return f"{self.expression} is required, but {numbers}: {self.because}"

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that the expression compares, in order of appearance."""
        comparison = self._parse()
        return tuple(dict.fromkeys([*_names(comparison.left), *_names(comparison.comparators[0])]))

    def _parse(self) -> ast.Compare:
        try:
            if len(self.expression) > _LONGEST:
                raise ValueError("is too long")
            tree: ast.expr | None = ast.parse(self.expression, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # handled: refused below
            tree = None
        if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or type(tree.ops[0]) not in _COMPARISONS:
            shown = repr(self.expression[:80])
            raise ValueError(f"constraint {shown}: write one comparison, such as 'kernel <= width'")
        return tree

    def _check(self, node: ast.expr) -> None:
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            self._check(node.left)
            self._check(node.right)
        elif not (_is_key(node) or (isinstance(node, ast.Constant) and _is_number(node.value))):
            raise ValueError(
                f"constraint {self.expression!r}: {ast.unparse(node)!r} is not a name, a number or + - * // %"
            )


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.BinOp):
        return [*_names(node.left), *_names(node.right)]
    return [] if isinstance(node, ast.Constant) else [ast.unparse(node)]


def _is_key(node: ast.expr) -> bool:
    """A name, or names joined by dots."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_key(node.value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """What an expression that `_check` has passed comes to."""
    if isinstance(node, ast.BinOp):
        return _ARITHMETIC[type(node.op)](_value(node.left, values), _value(node.right, values))
    return node.value if isinstance(node, ast.Constant) else values[ast.unparse(node)]
