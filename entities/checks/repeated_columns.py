"""Finds columns that a vendor's module sets twice: of two lines for one column, Python keeps the last.

Id: entities.E019. The module's text is read, since its tables no longer have what was replaced.
"""

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from entities.checks.check_errors import Errors, make_error
from entities.vendor_language import Vendor, same_names


def check_repeated_columns(module: str, vendor: Vendor) -> Errors:
    """Yield an error for each column that one table of columns has twice."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return
    tree = ast.parse(Path(spec.origin).read_text())
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "columns":
            yield from _check_table(module, node.value, named)


def _check_table(module: str, table: ast.expr, named: dict[str, ast.expr]) -> Errors:
    seen: set[str] = set()
    for column in _list_columns(table, named):
        if column in seen:
            hint = (
                "Write one line for it, with all its paths: 'title name'. Of two lines, the last would count."
            )
            yield make_error("E019", module, f"line {table.lineno}: column {column!r} is set twice", hint)
        seen.add(column)


def _list_columns(table: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    """Yield the columns of an expression in the order of its text: `same_names(…) | {…} | NAME`."""
    match table:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _list_columns(left, named)
            yield from _list_columns(right, named)
        case ast.Dict(keys=keys):
            yield from (
                key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
            )
        case ast.Call(func=ast.Name(id=same_names.__name__), args=[ast.Constant(value=str(names)), *_]):
            yield from names.split()
        case ast.Name(id=name) if name in named:
            rest = {other: value for other, value in named.items() if other != name}
            yield from _list_columns(named[name], rest)
