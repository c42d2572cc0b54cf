"""Trap T3: balances are written by the book's own SQL and by nothing else; no code assigns or updates one."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
APPS = ("bookkeeping", "config", "core", "gep", "greenpoints", "identity", "marketplace", "policy", "web")
COLUMNS = {"balance", "held_out", "held_in"}
WRITERS = {"update", "bulk_update", "update_or_create"}


def sources():
    return [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]


def writes(tree):
    """Return the lines that assign a balance or hand one to a method that updates rows."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) and target.attr in COLUMNS for target in targets):
                yield node.lineno
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in WRITERS and COLUMNS & _named(node):
            yield node.lineno


def _named(call):
    texts = {part.value for part in ast.walk(call) if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return texts | {keyword.arg for keyword in call.keywords}


def test_no_code_writes_a_balance():
    found = [f"{path.relative_to(ROOT)}:{line}" for path in sources() for line in writes(ast.parse(path.read_text()))]
    assert found == []


def test_only_the_book_s_own_sql_names_its_tables_in_an_update():
    outside = [path for path in sources() if path.relative_to(ROOT).parts[0] != "bookkeeping"]
    words = ("update bookkeeping_", "insert into bookkeeping_", "delete from bookkeeping_")
    assert [path.name for path in outside if any(word in path.read_text().lower() for word in words)] == []


@pytest.mark.parametrize(
    "code",
    [
        "account.balance = 5",
        "account.balance += 5",
        "rows.update(balance=5)",
        "rows.bulk_update(x, ['held_out'])",
        "rows.update(**{'balance': 5})",
    ],
)
def test_the_search_finds_what_it_looks_for(code):
    assert list(writes(ast.parse(code))) == [1]
