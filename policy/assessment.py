"""What a programme says about a set of facts: every condition answered, and the amount where all are met."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from policy import amounts, conditions
from policy.conditions import Answer
from policy.programme_files import Programme


class Status(StrEnum):
    """What an assessment comes to. UNKNOWN asks questions; it is never a no."""

    ELIGIBLE = "ELIGIBLE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class AnsweredCondition:
    """One condition and what it came to."""

    id: str
    result: Answer
    message_zh: str
    message_en: str
    source: str


@dataclass(frozen=True)
class Question:
    """A fact that is missing and would decide something."""

    fact: str
    kind: str
    ask_zh: str
    ask_en: str


@dataclass(frozen=True)
class Version:
    """Which text decided: code, number and SHA-256 of the programme; ``demo`` marks figures that are not law."""

    code: str
    number: int
    sha256: str
    demo: bool


@dataclass(frozen=True)
class Assessment:
    """The decision. ``amount_fen`` is None while UNKNOWN, 0 when NOT_ELIGIBLE; ``facts`` are those it rests on."""

    status: Status
    amount_fen: int | None
    conditions: tuple[AnsweredCondition, ...]
    questions: tuple[Question, ...]
    version: Version
    facts: Mapping[str, Any]

    @property
    def failed(self) -> tuple[str, ...]:
        """The ids of the conditions that are not met."""
        return tuple(one.id for one in self.conditions if one.result is Answer.NOT_MET)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The ids of the conditions that wait for an answer."""
        return tuple(one.id for one in self.conditions if one.result is Answer.UNKNOWN)

    def as_dict(self) -> dict[str, Any]:
        """Return the decision in plain JSON types; equal decisions give equal dictionaries."""
        return asdict(self) | {
            "status": str(self.status),
            "conditions": [asdict(one) | {"result": str(one.result)} for one in self.conditions],
            "questions": [asdict(question) for question in self.questions],
            "facts": dict(sorted(self.facts.items())),
        }


def assess(programme: Programme, facts: Mapping[str, Any]) -> Assessment:
    """Return what ``programme`` says about ``facts`` (a tree or dotted names; None means not known).

    Raises FactInvalid, ConditionUnanswerable, AmountOutOfRange and AmountRowMissing; see their modules.
    """
    known = conditions.clean(facts, kinds=programme.kinds)
    _check_choices(programme, known)
    answered = tuple(
        AnsweredCondition(
            id=condition.id,
            result=conditions.answer(condition.cel, paths=condition.facts, facts=known),
            message_zh=condition.msg_zh,
            message_en=condition.msg_en,
            source=condition.source,
        )
        for condition in programme.conditions
    )
    status = _status(programme, answered, known=known)
    return Assessment(
        status=status,
        amount_fen=_amount_fen(programme, status, known=known),
        conditions=answered,
        questions=_questions(programme, answered, status=status, known=known),
        version=Version(code=programme.code, number=programme.version, sha256=programme.sha256, demo=programme.demo),
        facts=known,
    )


def _check_choices(programme: Programme, known: Mapping[str, Any]) -> None:
    for path, value in known.items():
        choices = programme.facts[path].one_of
        if choices and value not in choices:
            raise conditions.FactInvalid(path, f"must be one of {', '.join(choices)}")


def _status(programme: Programme, answered: tuple[AnsweredCondition, ...], *, known: Mapping[str, Any]) -> Status:
    """A condition that is known to fail decides; else what is missing, for a condition or the amount, is a question."""
    results = {one.result for one in answered}
    if Answer.NOT_MET in results:
        return Status.NOT_ELIGIBLE
    if Answer.UNKNOWN in results or set(programme.amount.facts) - set(known):
        return Status.UNKNOWN
    return Status.ELIGIBLE


def _amount_fen(programme: Programme, status: Status, *, known: Mapping[str, Any]) -> int | None:
    if status is Status.ELIGIBLE:
        return amounts.amount_fen(programme.amount, known)
    return None if status is Status.UNKNOWN else 0


def _questions(
    programme: Programme, answered: tuple[AnsweredCondition, ...], *, status: Status, known: Mapping[str, Any]
) -> tuple[Question, ...]:
    """Return what to ask, in the order of the programme; nothing is asked where a no is certain already."""
    if status is not Status.UNKNOWN:
        return ()
    open_ids = {one.id for one in answered if one.result is Answer.UNKNOWN}
    needed = set(programme.amount.facts).union(
        *(condition.facts for condition in programme.conditions if condition.id in open_ids)
    )
    return tuple(
        Question(fact=path, kind=str(fact.kind), ask_zh=fact.ask_zh, ask_en=fact.ask_en)
        for path, fact in programme.facts.items()
        if path in needed and path not in known
    )
