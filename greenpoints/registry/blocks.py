"""Blocks of serial numbers: minted with a batch, split, merged, handed over. Whoever changes any locks their series.

What is split, merged or handed over stays in the register as it was; the new blocks name it and carry its hash on.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints.certification.serials import Serial, lineage_hash
from greenpoints.models import BlockChange, BlockStatus, PoolBatch, UnitBlock, UnitOrder, UnitSeries
from greenpoints.models.registry import NEXT_BLOCK_STATUSES

BUFFER = "buffer"


class SeriesMissing(RuleViolation):
    """Nothing was issued of this method and year."""

    code = "series_missing"
    message = _("该方法学和年度尚无已签发的单位。")
    status = 404


class UnitsShort(RuleViolation):
    """The holder has fewer units that are free; ``free_kg`` says how many."""

    code = "units_short"
    message = _("可用的核证单位不足。")


class BlocksNotAdjoining(RuleViolation):
    """Only free blocks of one holder, batch and series whose numbers follow one another become one."""

    code = "blocks_not_adjoining"
    message = _("只有同一持有人、同一批次、编号相连且未锁定的单位才能合并。")


class BlockNotFree(RuleViolation):
    """The block is not where this step begins."""

    code = "block_not_free"
    message = _("该编号段当前状态不允许此操作。")


def account(holder: str, series: UnitSeries) -> str:
    """Return the account of the book in which the holder's units of a series are."""
    return f"unit:{BUFFER}/{series.path}" if holder == BUFFER else f"unit:held/{holder}/{series.path}"


def serial_of(block: UnitBlock) -> Serial:
    """Return the serial numbers of a block; its series and method must be at hand."""
    return Serial(block.series.method.code, block.series.vintage, block.start, block.end)


def locked_series(method: str, vintage: int) -> UnitSeries:
    """Return the series with its row locked until the transaction ends, or raise SeriesMissing."""
    rows = UnitSeries.objects.select_for_update(of=("self",)).select_related("method")
    row = rows.filter(method__code=method, vintage=vintage).first()
    if row is None:
        raise SeriesMissing(method=method[:40], vintage=vintage)
    return row


def mint(batch: PoolBatch, series: UnitSeries, *, tradable_holder: str, by: str, at: datetime) -> None:
    """Publish the serial numbers of a batch that was just issued: first what may be sold, then the buffer."""
    first = series.last_number - batch.units_kg + 1
    cut = first + batch.units_kg - batch.buffer_kg
    for start, end, holder, status in (
        (first, cut - 1, tradable_holder, BlockStatus.HELD),
        (cut, series.last_number, BUFFER, BlockStatus.BUFFER),
    ):
        if start <= end:
            serial = Serial(series.method.code, series.vintage, start, end)
            _create(series, batch, serial, holder=holder, status=status, origin=batch.proof_digest, by=by, at=at)


def take(
    series: UnitSeries, *, holder: str, quantity_kg: int, within: Serial | None, by: str, at: datetime
) -> list[UnitBlock]:
    """Return free blocks of the holder that come to ``quantity_kg`` exactly, lowest numbers first; splits the last.

    ``within`` limits them to a range of numbers. Raises UnitsShort.
    """
    free = UnitBlock.objects.filter(series=series, holder=holder, status=BlockStatus.HELD).order_by("start")
    if within is not None:
        free = free.filter(start__lte=within.end, end__gte=within.start)
    chosen: list[UnitBlock] = []
    left = quantity_kg
    for block in free.select_related("series__method", "batch"):
        if within is not None:
            block = _cut_to(block, within, by=by, at=at)
        if block.quantity_kg > left:
            block = split(block, left, by=by, at=at)[0]
        chosen.append(block)
        left -= block.quantity_kg
        if not left:
            return chosen
    raise UnitsShort(holder=holder, wanted_kg=quantity_kg, free_kg=quantity_kg - left)


def split(block: UnitBlock, kg: int, *, by: str, at: datetime, note: str = "") -> tuple[UnitBlock, UnitBlock]:
    """Return the two blocks that a block becomes: its first ``kg`` numbers and the rest."""
    first, rest = serial_of(block).cut(kg)
    status = BlockStatus(block.status)
    change(block, BlockStatus.SPLIT, by=by, at=at, note=note)
    parts = [
        _create(
            block.series, block.batch, serial, holder=block.holder, status=status, origin=block.hash, parent=block,
            by=by, at=at,
        )
        for serial in (first, rest)
    ]  # fmt: skip
    return parts[0], parts[1]


def merge(blocks: Sequence[UnitBlock], *, by: str, at: datetime) -> UnitBlock:
    """Return the one block that adjoining free blocks of one holder become; BlocksNotAdjoining otherwise."""
    rows = sorted(blocks, key=lambda block: block.start)
    first = rows[0] if rows else None
    follows = all(one.end + 1 == other.start for one, other in zip(rows, rows[1:], strict=False))
    same = len({(row.series_id, row.batch_id, row.holder) for row in rows}) == 1
    if first is None or len(rows) < 2 or not (follows and same) or any(r.status != BlockStatus.HELD for r in rows):
        raise BlocksNotAdjoining(serials=[str(serial_of(row)) for row in rows])
    for row in rows:
        change(row, BlockStatus.MERGED, by=by, at=at)
    whole = Serial(first.series.method.code, first.series.vintage, first.start, rows[-1].end)
    origin = "".join(row.hash for row in rows)
    merged = _create(
        first.series, first.batch, whole, holder=first.holder, status=BlockStatus.HELD, origin=origin, by=by, at=at
    )
    UnitBlock.objects.filter(pk__in=[row.pk for row in rows]).update(merged_into=merged)
    return merged


def hand_over(block: UnitBlock, *, to: str, order: UnitOrder, by: str, at: datetime) -> UnitBlock:
    """Return the block in its new hand; the old one says that it was transferred."""
    change(block, BlockStatus.TRANSFERRED, by=by, at=at, order=order)
    return _create(
        block.series, block.batch, serial_of(block), holder=to, status=BlockStatus.HELD, origin=block.hash,
        parent=block, order=order, by=by, at=at,
    )  # fmt: skip


def change(
    block: UnitBlock, to: BlockStatus, *, by: str, at: datetime, order: UnitOrder | None = None, note: str = ""
) -> None:
    """Give a block its next status and write the line of its life; BlockNotFree where no step leads there."""
    was = block.status
    changed = UnitBlock.objects.filter(pk=block.pk, status__in=came_from(to)).update(status=to)
    if not changed:
        raise BlockNotFree(serial=str(serial_of(block)), status=was, wanted=str(to.value))
    block.status = to
    BlockChange.objects.create(block=block, order=order, was=was, became=to, note=note[:200], by=by, at=at)


def came_from(to: BlockStatus) -> list[str]:
    """Return the statuses from which a step leads to this one."""
    return [status for status, following in NEXT_BLOCK_STATUSES.items() if to in following]


def _cut_to(block: UnitBlock, within: Serial, *, by: str, at: datetime) -> UnitBlock:
    """Return the part of the block that lies within the range, split off on both sides where it must be."""
    if block.start < within.start:
        block = split(block, within.start - block.start, by=by, at=at)[1]
    if block.end > within.end:
        block = split(block, within.end - block.start + 1, by=by, at=at)[0]
    return block


def _create(
    series: UnitSeries,
    batch: PoolBatch,
    serial: Serial,
    *,
    holder: str,
    status: BlockStatus,
    origin: str,
    by: str,
    at: datetime,
    parent: UnitBlock | None = None,
    order: UnitOrder | None = None,
) -> UnitBlock:
    block = UnitBlock.objects.create(
        series=series,
        batch=batch,
        start=serial.start,
        end=serial.end,
        quantity_kg=serial.count,
        holder=holder,
        status=status,
        parent=parent,
        hash=lineage_hash(serial, holder=holder, origin=origin),
        created_at=at,
    )
    BlockChange.objects.create(block=block, order=order, was="", became=status, by=by, at=at)
    return block
