"""Shapes of the requests and answers of policy."""

from datetime import date
from typing import Any

from ninja import Schema

from core.schemas import StrictSchema


class AssessIn(StrictSchema):
    """A case to be looked at: the programme, the day of the event, and what is known (dotted names)."""

    programme: str
    on: date
    facts: dict[str, int | bool | str | None]


class AnsweredConditionOut(Schema):
    """One condition with what it came to: MET, NOT_MET or UNKNOWN."""

    id: str
    result: str
    message_zh: str
    message_en: str
    source: str


class QuestionOut(Schema):
    """A fact that is missing."""

    fact: str
    kind: str
    ask_zh: str
    ask_en: str


class VersionOut(Schema):
    """Which text decided."""

    code: str
    number: int
    sha256: str
    demo: bool


class AssessmentOut(Schema):
    """The decision; ``amount_fen`` is null while a question is open."""

    status: str
    amount_fen: int | None
    conditions: list[AnsweredConditionOut]
    questions: list[QuestionOut]
    version: VersionOut
    facts: dict[str, Any]


class ProgrammeOut(Schema):
    """A programme in plain words. ``demo`` marks made-up figures; ``valid_to`` is the first day after."""

    code: str
    version: int
    name_zh: str
    name_en: str
    summary_zh: str
    summary_en: str
    valid_from: date
    valid_to: date
    demo: bool
    confirmed: bool
    sha256: str


class ConditionOut(Schema):
    """One condition in words, as an expression, and where it comes from."""

    id: str
    msg_zh: str
    msg_en: str
    cel: str
    source: str


class SourceOut(Schema):
    """Where figures come from."""

    id: str
    title: str
    publisher: str
    note: str


class FactOut(Schema):
    """What the programme has to know."""

    path: str
    kind: str
    ask_zh: str
    ask_en: str
    one_of: list[str]


class ProgrammeDetailOut(ProgrammeOut):
    """A programme with its conditions, questions and sources."""

    conditions: list[ConditionOut]
    facts: list[FactOut]
    sources: list[SourceOut]


class ClaimOut(Schema):
    """Where a claim stands; ``amount_fen`` is null while a question is open."""

    number: str
    programme: str
    status: str
    amount_fen: int | None
