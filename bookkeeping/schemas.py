"""Shapes of what the book answers."""

from datetime import datetime

from ninja import Schema
from pydantic import BaseModel, ConfigDict


class BalanceOut(Schema):
    """What an account holds, in whole units of its asset."""

    account: str
    unit: str
    posted: int
    held: int
    available: int


class StatementLineOut(BaseModel):
    """One movement; ``balance`` is what the account held afterwards.

    No Schema of ninja's, which would wrap each of up to 200 lines in Python: a quarter of the time of a page.
    """

    model_config = ConfigDict(from_attributes=True)

    reference: str
    leg: int
    kind: str
    quantity: int
    balance: int
    occurred_at: datetime
    counterpart: str


class StatementOut(Schema):
    """Movements, newest first, and where the next page begins."""

    account: str
    unit: str
    balance: int
    lines: list[StatementLineOut]
    next: str | None


class HeadOut(Schema):
    """A signed head of the public log; hashes, key and signature in hexadecimal."""

    size: int
    root: str
    at: str
    previous: str
    key_id: str
    public_key: str
    signature: str


class InclusionOut(Schema):
    """That a leaf is in the log: its hash and its path, not what it says."""

    index: int
    leaf_hash: str
    path: list[str]
    head: HeadOut


class ConsistencyOut(Schema):
    """That the later log begins with the earlier one; bookkeeping/offline_verifier.py checks it as it stands."""

    format: str
    first_head: HeadOut
    head: HeadOut
    consistency: list[str]


class LegOut(Schema):
    """A leg as the log hashes it."""

    reference: str
    leg: int
    kind: int
    asset: int
    source: str
    target: str
    quantity: int
    occurred_us: int
    related_reference: str
    related_leg: int


class LeafOut(Schema):
    """A leg, its place in the log, and its path."""

    index: int
    leg: LegOut
    path: list[str]


class ProofOut(Schema):
    """That a posting is in the log; bookkeeping/offline_verifier.py checks it as it stands."""

    format: str
    head: HeadOut
    leaves: list[LeafOut]
