"""Every kind of event that the code records is declared, with a Chinese and an English label."""

import ast
import re
from pathlib import Path

from core import events

ROOT = Path(__file__).resolve().parents[3]
APPS = ("core", "identity", "bookkeeping", "greenpoints", "gep", "marketplace", "policy", "web")


def constants(tree):
    return {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def recorded_kinds():
    """The first argument of every ``events.record(...)``, where it is a text or a constant of its module."""
    found = {}
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            named = constants(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "events.record" and node.args:
                    kind = node.args[0]
                    text = kind.value if isinstance(kind, ast.Constant) else named.get(ast.unparse(kind))
                    if text is not None:
                        found[text] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def test_every_recorded_kind_is_declared():
    declared = events.declared()
    assert "job.dead" in recorded_kinds()
    assert {kind: place for kind, place in recorded_kinds().items() if kind not in declared} == {}


def test_every_declared_kind_has_both_labels():
    labels = events.declared()
    assert [kind for kind, label in labels.items() if not re.search(r"[一-鿿]", str(label.zh))] == []
    assert [kind for kind, label in labels.items() if not label.en or re.search(r"[一-鿿]", label.en)] == []
