"""Takes parcels into the platform: checked, in one transaction, the same file again changes nothing.

A county's parcels come again when they were surveyed again: what differs closes the old version and begins a new one,
and the overlay of both says what became of what.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from core import events, geometry_rows, regions
from core.errors import RuleViolation
from gep import ecosystems, lineage
from gep.files import FileRefused, parcel_files
from gep.files.parcel_files import ParcelFile
from gep.files.projections import ALLOWED_CRS, METRIC_CRS, STORED_CRS, settled, to_crs
from gep.models import EARLIEST, Parcel, ParcelLineage
from identity import roles
from identity.role_codes import Role

ROWS_AT_ONCE = 2_000


class InputFileRefused(RuleViolation):
    """A file that is not taken in; ``reason`` is stable (see gep.files)."""

    code = "gep_file_refused"
    message = _("文件未被接收：请查看原因并更换文件。")
    status = 422


class ParcelDiffers(RuleViolation):
    """A parcel of this code is known with other content; a parcel that has accounts does not change under them."""

    code = "gep_parcel_differs"
    message = _("该图斑编号已存在且内容不同。")


class VersionNotPossible(RuleViolation):
    """A new version begins after the one that is valid, and is of one county alone."""

    code = "gep_parcel_version_not_possible"
    message = _("图斑新版本必须只含一个县区，且生效日晚于现行版本。")
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


@dataclass(frozen=True, slots=True)
class NewVersion:
    """How many parcels a new version left as they were, ended and began, and how many edges say what became of what."""

    unchanged: int
    ended: int
    begun: int
    edges: int


def load_parcels(path: Path, *, id_column: str = "code", valid_from: date = EARLIEST) -> LoadedParcels:
    """Take the parcels of a GeoPackage or GeoJSON in; all or none.

    Raises InputFileRefused (``reason``, ``told``), ParcelRowRefused, ParcelDiffers.
    """
    found = _Read.of(path, id_column=id_column)
    with transaction.atomic():
        known = _known_digests(found.file.columns["code"])
        new = _new_places(found.file.columns["code"], found.digests, known)
        found.insert(new, valid_from=valid_from)
    return LoadedParcels(added=len(new), unchanged=len(found.digests) - len(new))


def load_version(
    path: Path, *, valid_from: date, by: AbstractBaseUser, at: datetime, id_column: str = "code"
) -> NewVersion:
    """Take a county's parcels as they are from ``valid_from`` on; all or none, and again: nothing.

    A parcel that is the same stays; one that differs, or is no longer there, ends on that day; what is new begins.
    ``by`` must be an analyst of the county. Raises InputFileRefused, ParcelRowRefused, VersionNotPossible,
    roles.RoleMissing.
    """
    found = _Read.of(path, id_column=id_column)
    county = _one_county(found.file)
    if not roles.holds(by, Role.ANALYST, region=county):
        raise roles.RoleMissing(needs=[Role.ANALYST.value], region=county)
    with transaction.atomic():
        valid = list(Parcel.objects.select_for_update().filter(county=county, valid_to=None).order_by("code"))
        same = {row.code: row.digest for row in valid}
        codes = found.file.columns["code"]
        new = [place for place, code in enumerate(codes) if same.get(code) != found.digests[place]]
        staying = set(codes) - {codes[place] for place in new}
        ending = [row for row in valid if row.code not in staying]
        if not new and not ending:
            return NewVersion(unchanged=len(valid), ended=0, begun=0, edges=0)
        _end(ending, valid_from)
        found.insert(new, valid_from=valid_from)
        begun = list(Parcel.objects.filter(county=county, valid_from=valid_from, valid_to=None).order_by("code"))
        edges = _trace(ending, begun, changed_on=valid_from)
        version = NewVersion(unchanged=len(staying), ended=len(ending), begun=len(new), edges=edges)
        detail = {"county": county, "valid_from": valid_from.isoformat(), "by": by.get_username(),
                  "ended": version.ended, "begun": version.begun, "edges": edges}  # fmt: skip
        events.record("gep.parcels_versioned", subject=county, occurred_at=at, detail=detail)
    return version


@dataclass(frozen=True)
class _Read:
    """A parcel file that passed every check, with the digest of each of its rows."""

    file: ParcelFile
    digests: list[str]
    crs: str

    @classmethod
    def of(cls, path: Path, *, id_column: str) -> "_Read":
        try:
            found = parcel_files.read(Path(path), id_column=id_column)
        except FileRefused as refusal:
            raise InputFileRefused(file=refusal.name, reason=refusal.reason, told=refusal.told) from refusal
        crs = _allowed_crs(found.crs, path=Path(path))
        _check_codes(found)
        return cls(file=found, digests=_digests(found), crs=crs)

    def insert(self, places: Sequence[int], *, valid_from: date) -> None:
        """Write the rows at ``places``."""
        if not places:
            return
        chosen = np.asarray(places)
        shapes = settled(to_crs(self.file.geometries[chosen], source=self.crs, target=METRIC_CRS))
        outline_m2 = shapely.area(shapes)
        columns: dict[str, Any] = {name: self.file.columns[name][chosen].tolist() for name in parcel_files.COLUMNS}
        geometry_rows.insert(
            Parcel,
            columns
            | {
                "valid_from": [valid_from] * len(chosen),
                "area_m2": outline_m2.tolist(),
                "geometric_area_m2": outline_m2.tolist(),
                "geometry": list(to_crs(shapes, source=METRIC_CRS, target=STORED_CRS)),
                "synthetic": self.file.synthetic[chosen].tolist(),
                "digest": [self.digests[place] for place in places],
            },
        )


def _one_county(found: ParcelFile) -> str:
    counties = sorted(set(found.columns["county"]))
    if len(counties) != 1:
        raise VersionNotPossible(counties=counties[:12])
    return counties[0]


def _end(rows: Sequence[Parcel], on: date) -> None:
    early = [row.code for row in rows if row.valid_from >= on]
    if early:
        raise VersionNotPossible(parcel=early[0], valid_from=on.isoformat())
    keys = [row.pk for row in rows]
    for start in range(0, len(keys), ROWS_AT_ONCE):
        Parcel.objects.filter(pk__in=keys[start : start + ROWS_AT_ONCE]).update(valid_to=on)


def _trace(ended: Sequence[Parcel], begun: Sequence[Parcel], *, changed_on: date) -> int:
    found = lineage.trace(_metric(ended), _metric(begun))
    edges = [
        ParcelLineage(
            parent=ended[parent], child=begun[child] if child >= 0 else None, area_m2=area, share=share,
            changed_on=changed_on,
        )
        for parent, child, area, share in zip(
            found.parent.tolist(), found.child.tolist(), found.area_m2.tolist(), found.share.tolist(), strict=True
        )
    ]  # fmt: skip
    ParcelLineage.objects.bulk_create(edges, batch_size=ROWS_AT_ONCE)
    return len(edges)


def _metric(rows: Sequence[Parcel]) -> NDArray[np.object_]:
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.geometry for row in rows]
    return to_crs(shapes, source=STORED_CRS, target=METRIC_CRS) if len(rows) else shapes


def _allowed_crs(stated: str, *, path: Path) -> str:
    import pyproj

    crs = pyproj.CRS.from_user_input(stated)
    for allowed in ALLOWED_CRS:
        if crs == pyproj.CRS.from_user_input(allowed):
            return allowed
    raise InputFileRefused(file=path.name, reason="parcel_file_of_other_crs", told=stated[:60])


def _check_codes(found: ParcelFile) -> None:
    counties = {region.code for region in regions.counties()}
    for column, known in (("county", counties), ("ecosystem", {"", *ecosystems.BY_CODE})):
        unknown = [place for place, value in enumerate(found.columns[column]) if value not in known]
        if unknown:
            code, value = found.columns["code"][unknown[0]], found.columns[column][unknown[0]]
            raise ParcelRowRefused(parcel=code, column=column, value=str(value)[:40], rows=len(unknown))


def _digests(found: ParcelFile) -> list[str]:
    texts = ["\x1f".join(row) for row in zip(*(found.columns[name] for name in parcel_files.COLUMNS), strict=True)]
    outlines = shapely.to_wkb(found.geometries)
    return [hashlib.sha256(text.encode() + wkb).hexdigest() for text, wkb in zip(texts, outlines, strict=True)]


def _new_places(codes: NDArray, digests: list[str], known: Mapping[str, str]) -> list[int]:
    for code, digest in zip(codes, digests, strict=True):
        if known.get(code, digest) != digest:
            raise ParcelDiffers(parcel=code)
    return [place for place, code in enumerate(codes) if code not in known]


def _known_digests(codes: NDArray) -> Mapping[str, str]:
    valid = Parcel.objects.filter(valid_to=None)
    known: dict[str, str] = {}
    for start in range(0, len(codes), ROWS_AT_ONCE):
        some = list(codes[start : start + ROWS_AT_ONCE])
        known |= dict(valid.filter(code__in=some).values_list("code", "digest"))
    return known
