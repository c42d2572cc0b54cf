"""A resident's statement as files: CSV for a spreadsheet, JSON with proofs for the offline verifier, PDF for print."""

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from bookkeeping.transparency import NotSealedYet
from core.typesetting import Kind, typeset
from greenpoints.queries import statements
from greenpoints.queries.statements import PURPOSES, Entry, PersonalStatement
from web import act_rules, figures

TEMPLATE = Path(__file__).parent / "papers" / "statement.typ"
_UNITS = {"coin": "coin", "co2e": "mg CO2e"}


def as_csv(told: PersonalStatement) -> str:
    """Return every entry, oldest first, with opening and closing lines; whole numbers, mark of byte order for Excel."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("time", "asset", "unit", "purpose", "quantity", "balance", "reference"))
    for asset, unit in _UNITS.items():
        writer.writerow((told.period.start.isoformat(), asset, unit, "opening", "", told.opening[asset], ""))
    for row in told.entries:
        when = timezone.localtime(row.at).isoformat(timespec="seconds")
        writer.writerow((when, row.asset, _UNITS[row.asset], row.purpose, row.quantity, row.balance, row.reference))
    for asset, unit in _UNITS.items():
        writer.writerow((told.period.end.isoformat(), asset, unit, "closing", "", told.closing[asset], ""))
    return "\ufeff" + out.getvalue()


def as_json(told: PersonalStatement) -> str:
    """Return the statement with the proof of every sealed entry, as the offline verifier reads it.

    Where nothing was sealed yet there is no proof in it, and ``not_sealed_yet`` counts the entries.
    """
    try:
        proof = statements.proof(told.person, of=told.period)
    except NotSealedYet:
        proof = {"statement": {"period": told.period.code, "accounts": {}, "not_sealed_yet": len(told.entries)}}
    whole = {
        "person": told.person,
        "period": told.period.code,
        "complete": told.complete,
        "opening": told.opening,
        "closing": told.closing,
        "sums": told.sums,
        "units": _UNITS,
        "acts": [
            {"act": row.act, "times": row.times, "counted": row.counted, "unit": row.unit, "posted_mg": row.posted_mg}
            for row in told.acts
        ],
        "entries": [_entry(row) for row in told.entries],
    }
    return json.dumps(whole | proof, ensure_ascii=False, indent=1)


def as_pdf(told: PersonalStatement, *, verify_at: str, at: datetime, kind: Kind = "pdf") -> list[bytes]:
    """Return the statement on A4, in the language of the reader. ``verify_at``: the address of the public log."""
    return typeset(TEMPLATE, paper(told, verify_at=verify_at, at=at), kind=kind)


def paper(told: PersonalStatement, *, verify_at: str, at: datetime) -> dict[str, Any]:
    """Return everything the template prints, as texts."""
    return {
        "lang": "zh" if figures.reads_chinese() else "en",
        "title": _("绿宝对账单"),
        "period": _("期间 {first} 至 {last}").format(
            first=told.period.first.isoformat(), last=_last_day(told)
        ) + ("" if told.complete else _("（未结束）")),
        "person": _("居民编号 {ref}").format(ref=told.person),
        "made": _("生成于 {at}").format(at=timezone.localtime(at).strftime("%Y-%m-%d %H:%M")),
        "balances": _balances(told),
        "balances_head": [_("项目"), _("期初"), _("增加"), _("减少"), _("期末")],
        "acts_title": _("按行为"),
        "acts_head": [_("行为"), _("次数"), _("计入数量"), _("减排")],
        "acts": [
            [row.label, figures.grouped(row.times), f"{row.counted:,} {act_rules.unit(row.unit)}",
             str(figures.carbon(row.posted_mg))]
            for row in told.acts
        ],
        "entries_title": _("碳币明细"),
        "entries_head": [_("时间"), _("事由"), _("碳币"), _("余额"), _("凭证")],
        "entries": [
            [timezone.localtime(row.at).strftime("%m-%d %H:%M"), str(PURPOSES[row.purpose]), f"{row.quantity:+,}",
             f"{row.balance:,}", row.reference]
            for row in told.entries
            if row.asset == "coin"
        ],
        "none": _("本期没有记录。"),
        "note": _("每笔账都在公开日志中，可用离线验证程序核对：{address}").format(address=verify_at),
    }  # fmt: skip


def _balances(told: PersonalStatement) -> list[list[str]]:
    rows = []
    for asset, label, show in (("coin", _("碳币"), figures.coins), ("co2e", _("减排量"), figures.carbon)):
        gained = sum(row.quantity for row in told.entries if row.asset == asset and row.quantity > 0)
        given = sum(row.quantity for row in told.entries if row.asset == asset and row.quantity < 0)
        amounts = (told.opening[asset], gained, -given, told.closing[asset])
        rows.append([label, *(str(show(amount)) for amount in amounts)])
    return rows


def _last_day(told: PersonalStatement) -> str:
    return (told.period.after - timedelta(days=1)).isoformat()


def _entry(row: Entry) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "asset": row.asset,
        "purpose": row.purpose,
        "quantity": row.quantity,
        "balance": row.balance,
        "reference": row.reference,
    }
