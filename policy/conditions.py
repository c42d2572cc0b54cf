"""Conditions of a programme in CEL: checked when they are loaded, every one answered, a missing fact is a question.

The engine is ``common-expression-language``. What it tolerates and law does not is refused before it runs: doubles,
functions other than three tests on text, comprehensions, facts that the programme does not declare, comparisons of
different kinds. Whole numbers outside 64 bits and days that are not days never reach it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

import cel

INT64_MAX = 2**63 - 1
LONGEST_EXPRESSION = 500
DEEPEST_BRACKETS = 8
TEXT_TESTS = frozenset({"startsWith", "endsWith", "contains"})
WORD_OPERATORS = frozenset({"in", "true", "false"})
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})

TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'[^'\\\n]*')
  | (?P<number>[0-9][0-9A-Za-z_.]*)
  | (?P<path>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
  | (?P<sign>==|!=|<=|>=|&&|\|\||[-+*<>!?:()\[\],])
    )""",
    re.VERBOSE,
)


class Kind(StrEnum):
    """What a fact is: a whole number (``_fen``, ``_m2``), yes or no, a text, or a civil day."""

    INTEGER = "integer"
    YES_NO = "yes_no"
    TEXT = "text"
    DAY = "day"


class Answer(StrEnum):
    """What a condition comes to for one set of facts."""

    MET = "MET"
    NOT_MET = "NOT_MET"
    UNKNOWN = "UNKNOWN"


class ConditionInvalid(ValueError):
    """A condition that the programme may not use; the text says which and why."""


class FactInvalid(ValueError):
    """A fact of the wrong kind, out of range, or not asked for; ``name`` is its path."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name, self.why = name, why


class ConditionUnanswerable(ValueError):
    """The facts are all there and the condition still has no answer, for instance an overflow."""


@dataclass(frozen=True)
class Token:
    """One word of an expression; ``sort`` is text, number, path or sign."""

    sort: str
    word: str


def tokens(expression: str) -> list[Token]:
    """Return the words of ``expression``; anything outside the permitted alphabet is refused."""
    found, place = [], 0
    text = expression.strip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise ConditionInvalid(f"{expression!r}: not permitted at {text[place : place + 12]!r}")
        sort = str(match.lastgroup)
        found.append(Token(sort=sort, word=match.group(sort)))
        place = match.end()
    return found


def check(expression: str, *, kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    """Return the paths of the facts that ``expression`` uses, sorted.

    ``kinds`` are the facts the programme declares. Raises ConditionInvalid for everything the module refuses.
    """
    if len(expression) > LONGEST_EXPRESSION:
        raise ConditionInvalid(f"{expression[:40]!r}...: longer than {LONGEST_EXPRESSION} characters")
    words = tokens(expression)
    _check_brackets(expression, words)
    paths = _fact_paths(expression, words, kinds=kinds)
    _check_numbers(expression, words)
    _check_comparisons(expression, words, kinds=kinds)
    if not paths:
        raise ConditionInvalid(f"{expression!r}: asks for no fact")
    program_for(expression)
    return tuple(sorted(paths))


@lru_cache(maxsize=1024)
def program_for(expression: str) -> cel.Program:
    """Return the compiled expression; ConditionInvalid where it cannot be parsed."""
    try:
        return cel.compile(expression)
    except ValueError as error:
        raise ConditionInvalid(f"{expression!r}: {error}") from None


def answer(expression: str, *, paths: Iterable[str], facts: Mapping[str, Any]) -> Answer:
    """Return what ``expression`` comes to; ``facts`` are flat and clean (see ``clean``).

    ``false && unknown`` is no and ``true || unknown`` is yes; where the missing fact decides, the answer is UNKNOWN.
    """
    needed = {path: facts[path] for path in paths if path in facts}
    try:
        result = program_for(expression).execute(nested(needed, paths=paths))
    except (KeyError, TypeError, RuntimeError, ArithmeticError) as error:
        if len(needed) < len(tuple(paths)):
            return Answer.UNKNOWN
        raise ConditionUnanswerable(f"{expression!r}: {error}") from None
    if not isinstance(result, bool):
        raise ConditionUnanswerable(f"{expression!r}: answers {result!r}, not yes or no")
    return Answer.MET if result else Answer.NOT_MET


def nested(facts: Mapping[str, Any], *, paths: Iterable[str]) -> dict[str, Any]:
    """Return flat ``facts`` as the tree that an expression walks; branches are all there, leaves may lack."""
    tree: dict[str, Any] = {}
    for path in paths:
        *branch, leaf = path.split(".")
        node = tree
        for name in branch:
            node = node.setdefault(name, {})
        if path in facts:
            node[leaf] = facts[path]
    return tree


def flat(facts: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """Return a tree of facts as ``{"sale.price_fen": ...}``; dotted keys may be given as they are."""
    found: dict[str, Any] = {}
    for name, value in facts.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found |= flat(value, prefix=f"{path}.")
        else:
            found[path] = value
    return found


def clean(facts: Mapping[str, Any], *, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Return ``facts`` flat, days as yyyymmdd, missing ones (None) left out; FactInvalid for a wrong or unasked one."""
    found = {}
    for path, value in flat(facts).items():
        if path not in kinds:
            raise FactInvalid(path, "this programme does not ask for it")
        if value is not None:
            found[path] = _clean_value(path, value, kind=kinds[path])
    return found


def _clean_value(path: str, value: Any, *, kind: Kind) -> Any:
    if kind is Kind.DAY:
        return _day_number(path, value)
    expected = {Kind.INTEGER: int, Kind.YES_NO: bool, Kind.TEXT: str}[kind]
    if type(value) is not expected:
        raise FactInvalid(path, f"must be {kind.value}, not {value!r}")
    if type(value) is int and abs(value) > INT64_MAX:
        raise FactInvalid(path, "does not fit in 64 bits")
    if type(value) is str and len(value) > LONGEST_EXPRESSION:
        raise FactInvalid(path, f"longer than {LONGEST_EXPRESSION} characters")
    return value


def _day_number(path: str, value: Any) -> int:
    """Return a day, an ISO text or a yyyymmdd number as yyyymmdd; the engine takes no dates."""
    if type(value) is int:
        value = f"{value // 10_000:04}-{value // 100 % 100:02}-{value % 100:02}"
    if type(value) is str:
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise FactInvalid(path, f"is not a day: {value!r}") from None
    if type(value) is not date:
        raise FactInvalid(path, f"must be a day, not {value!r}")
    return value.year * 10_000 + value.month * 100 + value.day


def _check_brackets(expression: str, words: list[Token]) -> None:
    depth = 0
    for token in words:
        depth += (token.word in "([") - (token.word in ")]") if token.sort == "sign" else 0
        if depth > DEEPEST_BRACKETS:
            raise ConditionInvalid(f"{expression!r}: brackets deeper than {DEEPEST_BRACKETS}")


def _check_numbers(expression: str, words: list[Token]) -> None:
    for token in words:
        if token.sort == "number" and not (token.word.isdigit() and int(token.word) <= INT64_MAX):
            raise ConditionInvalid(f"{expression!r}: {token.word} is not a whole number of 64 bits")


def _fact_paths(expression: str, words: list[Token], *, kinds: Mapping[str, Kind]) -> set[str]:
    found = set()
    for token, follower in zip(words, [*words[1:], Token("sign", "")], strict=True):
        if token.sort != "path" or token.word in WORD_OPERATORS:
            continue
        path = token.word
        if follower.word == "(":
            path, _, function = path.rpartition(".")
            if function not in TEXT_TESTS or kinds.get(path) is not Kind.TEXT:
                raise ConditionInvalid(f"{expression!r}: {token.word}() is not permitted")
        if path not in kinds:
            raise ConditionInvalid(f"{expression!r}: the fact {path!r} is not declared")
        found.add(path)
    return found


def _check_comparisons(expression: str, words: list[Token], *, kinds: Mapping[str, Kind]) -> None:
    """Refuse a comparison of two kinds: the engine would call it false in silence, another engine an error."""
    for left, sign, right in zip(words, words[1:], words[2:], strict=False):
        if sign.word not in COMPARISONS:
            continue
        sides = {_sort_of(side, kinds=kinds) for side in (left, right)} - {None}
        if len(sides) > 1:
            raise ConditionInvalid(f"{expression!r}: compares {left.word} with {right.word}, which differ in kind")


def _sort_of(token: Token, *, kinds: Mapping[str, Kind]) -> str | None:
    if token.sort in {"text", "number"}:
        return token.sort
    if token.word in {"true", "false"}:
        return "yes_no"
    kind = kinds.get(token.word)
    if kind in {Kind.INTEGER, Kind.DAY}:
        return "number"
    return None if kind is None else str(kind)
