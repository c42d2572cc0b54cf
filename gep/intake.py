"""Takes parcels into the platform: checked, in one transaction, the same file again changes nothing.

A county's parcels come again when they were surveyed again: what differs closes the old version and begins a new one,
and the overlay of both says what became of what (``gep.parcel_versions``).
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from core import events, regions
from core.errors import RuleViolation
from gep import ecosystems, parcel_versions
from gep.files import FileRefused, parcels
from gep.files.parcels import Columns, ParcelTable
from gep.models import EARLIEST, Parcel
from gep.parcel_versions import ROWS_AT_ONCE, NewVersion, ParcelDiffers, VersionNotPossible
from identity import roles
from identity.role_codes import Role


class InputFileRefused(RuleViolation):
    """A file that is not taken in; ``reason`` is stable (see gep.files)."""

    code = "gep_file_refused"
    message = _("文件未被接收：请查看原因并更换文件。")
    status = 422


class ParcelRowRefused(RuleViolation):
    """A parcel with a county that is none of the table's, or an ecosystem class that is none of the list's."""

    code = "gep_parcel_row_refused"
    message = _("图斑的县区或生态系统类型代码无效。")
    status = 422


@dataclass(frozen=True, slots=True)
class LoadedParcels:
    """How many parcels of a file were added, and how many were there already."""

    added: int
    unchanged: int


def load_parcels(path: Path, *, id_column: str = "code", valid_from: date = EARLIEST) -> LoadedParcels:
    """Take the parcels of a file in that lies on this machine, batch by batch; all or none.

    Raises InputFileRefused (``reason``, ``told``), ParcelRowRefused, ParcelDiffers.
    """
    added = unchanged = 0
    with _checked(path, id_column=id_column) as table, transaction.atomic():
        check_codes(table)
        for batch in table:
            digest = parcel_versions.digests(batch)
            new = _new_places(batch.texts("parcel_id"), digest)
            parcel_versions.insert(batch, new, digest=digest, valid_from=valid_from)
            added += len(new)
            unchanged += len(batch) - len(new)
    return LoadedParcels(added=added, unchanged=unchanged)


def load_version(
    path: Path, *, valid_from: date, by: AbstractBaseUser, at: datetime, id_column: str = "code"
) -> NewVersion:
    """Take a county's parcels as they are from ``valid_from`` on; all or none, and again: nothing.

    ``by`` must be an analyst of the county. Raises InputFileRefused, ParcelRowRefused, VersionNotPossible,
    ParcelDiffers, roles.RoleMissing.
    """
    with _checked(path, id_column=id_column) as table:
        check_codes(table)
        counties = np.unique(table.column("county")).tolist()
        if len(counties) != 1:
            raise VersionNotPossible(counties=counties[:12])
        if not roles.holds(by, Role.ANALYST, region=counties[0]):
            raise roles.RoleMissing(needs=[Role.ANALYST.value], region=counties[0])
        return begin(table, county=counties[0], valid_from=valid_from, by=by.get_username(), at=at)


def begin(table: ParcelTable, *, county: str, valid_from: date, by: str, at: datetime) -> NewVersion:
    """Begin a county's new version, and tell; see ``parcel_versions.begin``."""
    with transaction.atomic():
        found = parcel_versions.begin(table, county=county, valid_from=valid_from)
        if found.ended or found.begun:
            detail = {"county": county, "valid_from": valid_from.isoformat(), "by": by,
                      "ended": found.ended, "begun": found.begun, "edges": found.edges}  # fmt: skip
            events.record("gep.parcels_versioned", subject=county, occurred_at=at, detail=detail)
    return found


def check_codes(table: ParcelTable) -> None:
    """Refuse parcels of counties and classes that there are not. Raises ParcelRowRefused, which names the first."""
    counties = {region.code for region in regions.counties()}
    for column, known in (("county", counties), ("ecosystem", {"", *ecosystems.BY_CODE})):
        found = table.column(column)
        unknown = np.flatnonzero(~np.isin(found, sorted(known)))
        if len(unknown):
            code = table.column("parcel_id")[unknown[0]]
            raise ParcelRowRefused(
                parcel=str(code), column=column, value=str(found[unknown[0]])[:40], rows=len(unknown)
            )


@contextmanager
def _checked(path: Path, *, id_column: str) -> Iterator[ParcelTable]:
    with tempfile.TemporaryDirectory(prefix="fuzhou-parcels-") as folder:
        copy = Path(folder) / "parcels.arrow"
        try:
            found = parcels.check(Path(path), copy, columns=Columns(parcel_id=id_column))
        except FileRefused as refusal:
            raise InputFileRefused(file=refusal.name, reason=refusal.reason, told=refusal.told) from refusal
        yield found.table


def _new_places(codes: NDArray, digests: list[str]) -> NDArray[np.intp]:
    known = _known_digests(codes)
    for code, digest in zip(codes.tolist(), digests, strict=True):
        if known.get(code, digest) != digest:
            raise ParcelDiffers(parcel=code)
    return np.array([place for place, code in enumerate(codes.tolist()) if code not in known], dtype=np.intp)


def _known_digests(codes: NDArray) -> Mapping[str, str]:
    valid = Parcel.objects.filter(valid_to=None)
    known: dict[str, str] = {}
    for start in range(0, len(codes), ROWS_AT_ONCE):
        some = codes[start : start + ROWS_AT_ONCE].tolist()
        known |= dict(valid.filter(code__in=some).values_list("code", "digest"))
    return known
