"""Batches become points; holds run out; coins and closed accounts end on their day; units are collected and scanned."""

from datetime import datetime, timedelta
from typing import Any

from core import jobs
from core.invariants import Broken
from greenpoints import invariants
from greenpoints.intake import batches
from greenpoints.points import expiry
from greenpoints.redemption import redemptions, settlements
from greenpoints.registry import pools, units
from greenpoints.residents import closures
from greenpoints.risk import scans
from greenpoints.screening.checks import LOCAL

CLOSE_JOB = "greenpoints.close_accounts"
EXPIRE_JOB = "greenpoints.expire_coins"
STATEMENT_JOB = "greenpoints.close_statements"
RELEASE_JOB = "greenpoints.release_expired"
EXPIRE_UNITS_JOB = "greenpoints.expire_units"
SCAN_JOB = "greenpoints.scan_registry"
RISK_JOB = "greenpoints.scan_risk"
RISK_DAYS = 3  # transit records of a day may come until the second day after it


class RegistryBroken(RuntimeError):
    """The nightly scan found something counted twice."""


# Not atomic as a whole: each step commits by itself and may be run again.
@jobs.handler(batches.CREDIT_JOB, atomic=False)
def credit_batch(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Credit the batch that the job names."""
    batches.credit(payload["batch_id"], as_of=as_of)


@jobs.handler(RELEASE_JOB, atomic=False)
def release_expired(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Mark redemptions whose time ran out as released."""
    redemptions.release_expired(at=as_of)


@jobs.handler(EXPIRE_JOB, atomic=False)
def expire_coins(payload: dict[str, Any], *, as_of: datetime) -> None:
    """End the coins whose last day is over, and tell holders of those that end soon."""
    today = datetime.fromisoformat(payload["period_start"]).astimezone(LOCAL).date()
    expiry.expire(today=today, at=as_of)
    expiry.give_notice(today=today, at=as_of)


@jobs.handler(CLOSE_JOB, atomic=False)
def close_accounts(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Close the accounts whose holders asked for it and whose time is over."""
    today = datetime.fromisoformat(payload["period_start"]).astimezone(LOCAL).date()
    closures.carry_out(today=today, at=as_of)


@jobs.handler(STATEMENT_JOB, atomic=False)
def close_statements(payload: dict[str, Any], *, as_of: datetime) -> None:
    """State the last month of every merchant; daily, so that one whose payment was late is not left out."""
    today = datetime.fromisoformat(payload["period_start"]).astimezone(LOCAL).date()
    settlements.close_due(today=today, at=as_of)


jobs.recurring(RELEASE_JOB, every=timedelta(minutes=1))
jobs.recurring(EXPIRE_JOB, every=timedelta(days=1), after=timedelta(minutes=10))  # 00:10 in Fuzhou
jobs.recurring(CLOSE_JOB, every=timedelta(days=1), after=timedelta(minutes=30))  # 00:30, once expired coins are gone


# Not atomic as a whole: each block of residents is a transaction, and may be tried again.
@jobs.handler(pools.COLLECT_JOB, atomic=False)
def collect_pool(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Take the events of a frozen batch and move its grams."""
    pools.collect(payload["batch"], at=as_of)


@jobs.handler(EXPIRE_UNITS_JOB, atomic=False)
def expire_units(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Let units of old vintages expire."""
    while units.expire_due(at=as_of):
        pass


@jobs.handler(SCAN_JOB, atomic=False)
def scan_registry(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Look for serial numbers and savings that are counted twice; what is found fails the job, and operators see it."""
    found = [broken for check in invariants.OF_REGISTRY for broken in check() if isinstance(broken, Broken)]
    if found:
        raise RegistryBroken("; ".join(f"{broken.row}: {broken.what}" for broken in found[:20]))


jobs.recurring(EXPIRE_UNITS_JOB, every=timedelta(days=1))
jobs.recurring(SCAN_JOB, every=timedelta(days=1))


@jobs.handler(RISK_JOB, atomic=False)
def scan_risk(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Look the last days over for suspicions; what was raised before is not raised again."""
    today = datetime.fromisoformat(payload["period_start"]).astimezone(LOCAL).date()
    for back in range(1, RISK_DAYS + 1):
        scans.scan(today - timedelta(days=back), at=as_of)


jobs.recurring(RISK_JOB, every=timedelta(days=1), after=timedelta(hours=3))
jobs.recurring(STATEMENT_JOB, every=timedelta(days=1), after=timedelta(hours=1))
