"""What a holder has done with units: hand over, retire, cancel, lock, export, let expire. Each order once.

An order names the business fact. The same order with the same content again changes nothing; with other content it is
UnitOrderReused. What is retired, cancelled, expired or exported never comes back.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from core import events
from core.errors import RuleViolation
from greenpoints.certification import rules, serials
from greenpoints.certification.serials import Serial
from greenpoints.models import BlockStatus, OrderKind, Purpose, UnitBlock, UnitOrder, UnitSeries
from greenpoints.registry import blocks
from identity import queries as identity_queries

MOST_KG = 10**10
ORDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,49}")
EXPIRE_AT_ONCE = 500


class SerialUnknown(RuleViolation):
    """The text is no serial number, or none that was issued."""

    code = "serial_unknown"
    message = _("没有该编号的核证单位。")
    status = 404


class UnitOrderReused(RuleViolation):
    """The order number was used for something else."""

    code = "unit_order_reused"
    message = _("该指令编号已用于其他内容。")


class UnitOrderRefused(RuleViolation):
    """What was asked cannot be an order; ``reason`` names the member at fault."""

    code = "unit_order_refused"
    message = _("指令内容不符合要求。")
    status = 422


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order that was carried out; ``serials`` are the ranges it moved."""

    order: str
    kind: str
    method: str
    vintage: int
    holder: str
    counterparty: str
    quantity_kg: int
    serials: list[str]
    beneficiary: str
    purpose: str
    note: str
    price_fen: int
    certificate: str
    at: datetime


def transfer(
    *, order: str, serial_or_series: str, holder: str, to: str, quantity_kg: int | None = None, by: str, at: datetime
) -> OrderView:
    """Hand units over to another organisation.

    ``serial_or_series``: a serial range, all of which moves, or ``METHOD-YEAR``, of which ``quantity_kg`` moves, lowest
    numbers first. Raises UnitOrderRefused, UnitOrderReused, SerialUnknown, SeriesMissing, UnitsShort,
    OrganisationMissing.
    """
    identity_queries.organisation(to)
    if to == holder:
        raise UnitOrderRefused(reason="to", value=to)
    wanted = _Wanted(order, OrderKind.TRANSFER, holder, serial_or_series, quantity_kg, counterparty=to)
    return carry_out(wanted, by=by, at=at)


def sale(
    *, order: str, series: str, quantity_kg: int, holder: str, buyer: str, price_fen: int, by: str, at: datetime
) -> OrderView:
    """Hand sold units over; whether they may be sold, and the money, are the business of ``sales``."""
    wanted = _Wanted(order, OrderKind.SALE, holder, series, quantity_kg, counterparty=buyer, price_fen=price_fen)
    return carry_out(wanted, by=by, at=at)


def retire(
    *,
    order: str,
    serial_or_series: str,
    holder: str,
    beneficiary: str,
    purpose: str,
    quantity_kg: int | None = None,
    note: str = "",
    by: str,
    at: datetime,
) -> OrderView:
    """Use units up for a beneficiary and a purpose, for good, with a certificate. Raises as ``transfer`` does."""
    if purpose not in Purpose.values:
        raise UnitOrderRefused(reason="purpose", value=purpose[:40])
    if not 0 < len(beneficiary.strip()) <= 120:
        raise UnitOrderRefused(reason="beneficiary")
    wanted = _Wanted(
        order, OrderKind.RETIREMENT, holder, serial_or_series, quantity_kg,
        beneficiary=beneficiary.strip(), purpose=purpose, note=note,
    )  # fmt: skip
    return carry_out(wanted, by=by, at=at)


def cancel(
    *, order: str, serial_or_series: str, holder: str, note: str, quantity_kg: int | None = None, by: str, at: datetime
) -> OrderView:
    """Take units out of circulation without a use, e.g. to make up for grams that were reversed after the issue.

    ``holder`` may be the buffer.
    """
    if not note.strip():
        raise UnitOrderRefused(reason="note")
    wanted = _Wanted(order, OrderKind.CANCELLATION, holder, serial_or_series, quantity_kg, note=note)
    return carry_out(wanted, by=by, at=at)


def begin_export(*, order: str, serial: str, holder: str, registry: str, by: str, at: datetime) -> OrderView:
    """Set units aside for another registry; they stay locked until it confirms or refuses."""
    if not 0 < len(registry) <= 40:
        raise UnitOrderRefused(reason="registry")
    return carry_out(_Wanted(order, OrderKind.EXPORT, holder, serial, None, counterparty=registry), by=by, at=at)


def end_export(*, order: str, confirmed: bool, by: str, at: datetime) -> None:
    """Write down the other registry's answer: the units are gone, or free again. Again: nothing."""
    with transaction.atomic():
        row = UnitOrder.objects.filter(order=order, kind=OrderKind.EXPORT).select_related("series__method").first()
        if row is None:
            raise SerialUnknown(order=order[:50])
        series = blocks.locked_series(row.series.method.code, row.series.vintage)
        waiting = _blocks_of(row, became=BlockStatus.PENDING_EXPORT)
        became = BlockStatus.EXPORTED if confirmed else BlockStatus.HELD
        if all(block.status == became for block in waiting):
            return
        for block in waiting:
            blocks.change(block, became, by=by, at=at, order=row)
        if confirmed:
            _post(row, series, target=f"unit:exported/{series.path}", step="export", at=at)


def lock(serial: str, *, holder: str, note: str, by: str, at: datetime) -> None:
    """Keep a range of the holder's units from moving, e.g. on a court's order or as a pledge."""
    with transaction.atomic():
        wanted = _parsed(serial)
        series = blocks.locked_series(wanted.method, wanted.vintage)
        for block in blocks.take(series, holder=holder, quantity_kg=wanted.count, within=wanted, by=by, at=at):
            blocks.change(block, BlockStatus.LOCKED, by=by, at=at, note=note)


def unlock(serial: str, *, note: str, by: str, at: datetime) -> None:
    """Let locked units move again."""
    with transaction.atomic():
        wanted = _parsed(serial)
        series = blocks.locked_series(wanted.method, wanted.vintage)
        locked = UnitBlock.objects.filter(
            series=series, status=BlockStatus.LOCKED, start__gte=wanted.start, end__lte=wanted.end
        ).select_related("series__method", "batch")
        if not locked:
            raise SerialUnknown(serial=serial)
        for block in locked:
            blocks.change(block, BlockStatus.HELD, by=by, at=at, note=note)


def merge(serial: str, *, holder: str, by: str, at: datetime) -> str:
    """Make one block of the holder's free blocks that fill a range, and return its serial."""
    with transaction.atomic():
        wanted = _parsed(serial)
        series = blocks.locked_series(wanted.method, wanted.vintage)
        rows = UnitBlock.objects.filter(
            series=series, holder=holder, status=BlockStatus.HELD, start__gte=wanted.start, end__lte=wanted.end
        ).select_related("series__method", "batch")
        merged = blocks.merge(list(rows), by=by, at=at)
        if (merged.start, merged.end) != (wanted.start, wanted.end):
            raise blocks.BlocksNotAdjoining(serials=[serial])
        return str(blocks.serial_of(merged))


def expire_due(*, at: datetime) -> int:
    """Let free units of vintages that are too old expire; return how many blocks did."""
    today = timezone.localdate(at)
    oldest = today.year - rules.in_force(today).lifetime_years
    old = UnitBlock.objects.filter(status=BlockStatus.HELD, series__vintage__lt=oldest)
    expired = 0
    for pk in list(old.order_by("pk").values_list("pk", flat=True)[:EXPIRE_AT_ONCE]):
        with transaction.atomic():
            block = UnitBlock.objects.select_related("series__method", "batch").get(pk=pk)
            series = blocks.locked_series(block.series.method.code, block.series.vintage)
            block.refresh_from_db(fields=["status"])
            if block.status != BlockStatus.HELD:
                continue
            blocks.change(block, BlockStatus.EXPIRED, by="", at=at)
            _move(f"units/expire/{pk}", blocks.account(block.holder, series), f"unit:expired/{series.path}",
                  block.quantity_kg, at=at)  # fmt: skip
            expired += 1
    return expired


@dataclass(frozen=True, slots=True)
class _Wanted:
    order: str
    kind: OrderKind
    holder: str
    serial_or_series: str
    quantity_kg: int | None
    counterparty: str = ""
    beneficiary: str = ""
    purpose: str = ""
    note: str = ""
    price_fen: int = 0


def carry_out(wanted: _Wanted, *, by: str, at: datetime) -> OrderView:
    """Do what an order says, all or nothing, once."""
    if not ORDER.fullmatch(wanted.order):
        raise UnitOrderRefused(reason="order", value=wanted.order[:50])
    if len(wanted.note) > 200 or len(wanted.holder) > 40:
        raise UnitOrderRefused(reason="note" if len(wanted.note) > 200 else "holder")
    try:
        with transaction.atomic():
            return view(_carried_out(wanted, by=by, at=at))
    except IntegrityError as error:
        row = UnitOrder.objects.filter(order=wanted.order).select_related("series__method").first()
        if row is None:
            raise
        raise UnitOrderReused(order=wanted.order) from error


def _carried_out(wanted: _Wanted, *, by: str, at: datetime) -> UnitOrder:
    method, vintage, within, quantity_kg = _target(wanted)
    series = blocks.locked_series(method, vintage)
    before = UnitOrder.objects.filter(order=wanted.order).select_related("series__method").first()
    if before is not None:
        return _same(before, wanted, series, quantity_kg)
    taking = _take_buffer if wanted.holder == blocks.BUFFER else blocks.take
    taken = taking(series, holder=wanted.holder, quantity_kg=quantity_kg, within=within, by=by, at=at)
    row = UnitOrder.objects.create(
        order=wanted.order,
        kind=wanted.kind,
        series=series,
        holder=wanted.holder,
        counterparty=wanted.counterparty,
        quantity_kg=quantity_kg,
        serials=[str(blocks.serial_of(block)) for block in taken],
        beneficiary=wanted.beneficiary,
        purpose=wanted.purpose,
        note=wanted.note,
        price_fen=wanted.price_fen,
        certificate=_certificate(at) if wanted.kind == OrderKind.RETIREMENT else "",
        by=by,
        at=at,
    )
    _apply(row, series, taken, by=by, at=at)
    detail = {"kind": str(row.kind), "quantity_kg": quantity_kg, "serials": row.serials, "by": by}
    events.record("greenpoints.units_moved", subject=f"units/{wanted.order}", occurred_at=at, detail=detail)
    return row


def _apply(row: UnitOrder, series: UnitSeries, taken: Sequence[UnitBlock], *, by: str, at: datetime) -> None:
    if row.kind in (OrderKind.TRANSFER, OrderKind.SALE):
        for block in taken:
            blocks.hand_over(block, to=row.counterparty, order=row, by=by, at=at)
        _post(row, series, target=blocks.account(row.counterparty, series), step=str(row.kind), at=at)
        return
    became = {
        OrderKind.RETIREMENT: BlockStatus.RETIRED,
        OrderKind.CANCELLATION: BlockStatus.CANCELLED,
        OrderKind.EXPORT: BlockStatus.PENDING_EXPORT,
    }[OrderKind(row.kind)]
    for block in taken:
        blocks.change(block, became, by=by, at=at, order=row)
    if row.kind != OrderKind.EXPORT:
        _post(row, series, target=f"unit:{became.value}/{series.path}", step=str(row.kind), at=at)


def _take_buffer(
    series: UnitSeries, *, holder: str, quantity_kg: int, within: Serial | None, by: str, at: datetime
) -> list[UnitBlock]:
    """Return buffer blocks that come to ``quantity_kg``; the buffer can only be cancelled."""
    chosen, left = [], quantity_kg
    rows = UnitBlock.objects.filter(series=series, status=BlockStatus.BUFFER).order_by("start")
    for block in rows.select_related("series__method", "batch"):
        if block.quantity_kg > left:
            block = blocks.split(block, left, by=by, at=at)[0]
        chosen.append(block)
        left -= block.quantity_kg
        if not left:
            return chosen
    raise blocks.UnitsShort(holder=holder, wanted_kg=quantity_kg, free_kg=quantity_kg - left)


def _target(wanted: _Wanted) -> tuple[str, int, Serial | None, int]:
    """Return method, vintage, the range of numbers where one is named, and how many units."""
    serial = serials.parse(wanted.serial_or_series)
    if serial is not None:
        if wanted.quantity_kg not in (None, serial.count):
            raise UnitOrderRefused(reason="quantity_kg", value=wanted.quantity_kg)
        return serial.method, serial.vintage, serial, serial.count
    method, dash, year = wanted.serial_or_series.rpartition("-")
    if not dash or not serials.METHOD.fullmatch(method) or not (year.isascii() and year.isdigit() and len(year) == 4):
        raise SerialUnknown(serial=wanted.serial_or_series[:60])
    if wanted.quantity_kg is None or not 0 < wanted.quantity_kg <= MOST_KG:
        raise UnitOrderRefused(reason="quantity_kg", value=wanted.quantity_kg)
    return method, int(year), None, wanted.quantity_kg


def _same(before: UnitOrder, wanted: _Wanted, series: UnitSeries, quantity_kg: int) -> UnitOrder:
    told = ("kind", "holder", "counterparty", "beneficiary", "purpose", "note", "price_fen")
    same = all(getattr(before, name) == getattr(wanted, name) for name in told)
    if not same or before.series_id != series.pk or before.quantity_kg != quantity_kg:
        raise UnitOrderReused(order=wanted.order)
    return before


def _certificate(at: datetime) -> str:
    """Return the number of the next certificate; the row of the first series keeps two from getting the same."""
    year = timezone.localdate(at).year
    UnitSeries.objects.select_for_update().order_by("pk").first()
    count = UnitOrder.objects.filter(certificate__startswith=f"LBR-{year}-").count()
    return f"LBR-{year}-{count + 1:06}"


def _parsed(text: str) -> Serial:
    found = serials.parse(text)
    if found is None:
        raise SerialUnknown(serial=text[:60])
    return found


def _blocks_of(row: UnitOrder, *, became: BlockStatus) -> list[UnitBlock]:
    rows = UnitBlock.objects.filter(changes__order=row, changes__became=became)
    return list(rows.select_related("series__method", "batch").order_by("start"))


def _post(row: UnitOrder, series: UnitSeries, *, target: str, step: str, at: datetime) -> None:
    _move(f"units/{step}/{row.order}", blocks.account(row.holder, series), target, row.quantity_kg, at=at)


def _move(reference: str, source: str, target: str, quantity_kg: int, *, at: datetime) -> None:
    chart.open_accounts([target], nature=Nature.HOLDER)
    postings.post(reference=reference, legs=[Leg(source, target, quantity_kg)], occurred_at=at)


def view(row: UnitOrder) -> OrderView:
    """Return what others see of an order."""
    return OrderView(
        order=row.order,
        kind=row.kind,
        method=row.series.method.code,
        vintage=row.series.vintage,
        holder=row.holder,
        counterparty=row.counterparty,
        quantity_kg=row.quantity_kg,
        serials=list(row.serials),
        beneficiary=row.beneficiary,
        purpose=row.purpose,
        note=row.note,
        price_fen=row.price_fen,
        certificate=row.certificate,
        at=row.at,
    )
