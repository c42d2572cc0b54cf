"""A county's parcels as they are from a day on: what differs ends and begins, and the overlay says what became of what.

A checked copy is read batch by batch; of a county no more is held than its codes, digests and the outlines that change.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import numpy as np
import shapely
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from core import geometry_rows
from core.errors import RuleViolation
from gep.change import overlay
from gep.change.lineage import OUTSIDE, Lineage
from gep.change.overlay import OverlapFound
from gep.files.parcels import ParcelBatch, ParcelTable
from gep.files.projections import METRIC_CRS, STORED_CRS, settled, to_crs
from gep.models import Parcel, ParcelLineage

TEXTS = ("county", "town_code", "town", "village_code", "village", "land_use", "ecosystem", "provenance")
ROWS_AT_ONCE = 2_000
MM2_PER_M2 = 1_000_000
LEAST_M2 = 1.0  # a common piece below it is the noise of two surveys
TWICE_COVERED = 1e-3  # of an old parcel: more than this is no noise, and what became of it cannot be told
AREA_DIFFERS = 0.005  # gep.md 2: a surveyed area that is further off its outline's is marked


class ParcelDiffers(RuleViolation):
    """A parcel of this code is known with other content; a parcel that has accounts does not change under them."""

    code = "gep_parcel_differs"
    message = _("该图斑编号已存在且内容不同。")


class VersionNotPossible(RuleViolation):
    """A new version begins after the one that is valid, is of one county, and covers no land twice."""

    code = "gep_parcel_version_not_possible"
    message = _("图斑新版本必须只含一个县区，生效日晚于现行版本，且图斑互不重叠。")
    status = 422


@dataclass(frozen=True, slots=True)
class NewVersion:
    """How many parcels a new version left as they were, ended and began, and how many edges say what became of what."""

    unchanged: int
    ended: int
    begun: int
    edges: int


@dataclass
class _Plan:
    """The valid parcels of the county by code, as (key, digest, valid_from), and which of the file's are the same."""

    valid: Mapping[str, tuple[int, str, date]]
    staying: set[str] = field(default_factory=set)
    new: int = 0

    @property
    def ending(self) -> list[str]:
        return [code for code in self.valid if code not in self.staying]


def begin(table: ParcelTable, *, county: str, valid_from: date) -> NewVersion:
    """Have the county's parcels be those of the table from a day on, in one transaction; again, nothing changes.

    A parcel that is the same stays; one that differs, or is no longer there, ends on that day. Raises
    VersionNotPossible, ParcelDiffers where another county has a parcel of that code.
    """
    with transaction.atomic():
        rows = Parcel.objects.select_for_update().filter(county=county, valid_to=None).order_by("code")
        known = rows.values_list("code", "pk", "digest", "valid_from")
        plan = _Plan({code: (key, digest, since) for code, key, digest, since in known.iterator(chunk_size=20_000)})
        for batch in table:
            for code, digest in _of_county(batch, county):
                same = code in plan.valid and plan.valid[code][1] == digest
                plan.staying.update([code] if same else [])
                plan.new += not same
        ending = plan.ending
        if not plan.new and not ending:
            return NewVersion(unchanged=len(plan.valid), ended=0, begun=0, edges=0)
        _end(plan, ending, valid_from)
        for batch in table:
            _insert(batch, county, plan, valid_from=valid_from)
        edges = _trace([plan.valid[code][0] for code in ending], county, changed_on=valid_from) if ending else 0
        return NewVersion(unchanged=len(plan.staying), ended=len(ending), begun=plan.new, edges=edges)


def digests(batch: ParcelBatch) -> list[str]:
    """Return the SHA-256 of each row's texts, surveyed area and outline: what makes two versions the same."""
    texts = zip(batch.texts("parcel_id").tolist(), *(batch.texts(name).tolist() for name in TEXTS), strict=True)
    wkb, offsets = batch.wkb.tobytes(), batch.offsets.tolist()
    areas = ["" if np.isnan(area) else repr(area) for area in batch.official_area_m2.tolist()]
    return [
        hashlib.sha256("\x1f".join((*row, *([area] if area else []))).encode() + wkb[first:past]).hexdigest()
        for row, area, first, past in zip(texts, areas, offsets, offsets[1:], strict=False)
    ]


def insert(batch: ParcelBatch, places: NDArray[np.intp], *, digest: list[str], valid_from: date) -> None:
    """Write the rows of a batch at ``places`` as parcels that begin on a day."""
    if not len(places):
        return
    shapes = settled(batch.geometries()[places])
    outline_m2, stated = shapely.area(shapes), batch.official_area_m2[places]
    surveyed = ~np.isnan(stated) & (stated > 0)
    columns: dict[str, Any] = {name: batch.texts(name)[places].tolist() for name in TEXTS}
    geometry_rows.insert(
        Parcel,
        columns
        | {
            "code": batch.texts("parcel_id")[places].tolist(),
            "valid_from": [valid_from] * len(places),
            "area_m2": np.where(surveyed, stated, outline_m2).tolist(),
            "official_area_m2": [area if told else None for area, told in zip(stated.tolist(), surveyed, strict=True)],
            "geometric_area_m2": outline_m2.tolist(),
            "area_differs": (surveyed & (np.abs(stated / outline_m2 - 1) > AREA_DIFFERS)).tolist(),
            "geometry": list(to_crs(shapes, source=METRIC_CRS, target=STORED_CRS)),
            "synthetic": batch.synthetic[places].tolist(),
            "digest": [digest[place] for place in places.tolist()],
        },
    )


def _of_county(batch: ParcelBatch, county: str) -> list[tuple[str, str]]:
    own = batch.texts("county") == county
    if not own.any():
        return []
    pairs = zip(batch.texts("parcel_id").tolist(), digests(batch), own.tolist(), strict=True)
    return [(code, digest) for code, digest, mine in pairs if mine]


def _end(plan: _Plan, ending: list[str], on: date) -> None:
    early = [code for code in ending if plan.valid[code][2] >= on]
    if early:
        raise VersionNotPossible(parcel=early[0], valid_from=on.isoformat())
    keys = [plan.valid[code][0] for code in ending]
    for start in range(0, len(keys), ROWS_AT_ONCE):
        Parcel.objects.filter(pk__in=keys[start : start + ROWS_AT_ONCE]).update(valid_to=on)


def _insert(batch: ParcelBatch, county: str, plan: _Plan, *, valid_from: date) -> None:
    own = batch.texts("county") == county
    if not own.any():
        return
    codes, digest = batch.texts("parcel_id"), digests(batch)
    places = np.array([i for i in np.flatnonzero(own).tolist() if str(codes[i]) not in plan.staying], dtype=np.intp)
    wanted = codes[places].tolist()
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        some = wanted[start : start + ROWS_AT_ONCE]
        elsewhere = Parcel.objects.filter(code__in=some, valid_to=None).values_list("code", flat=True).first()
        if elsewhere is not None:
            raise ParcelDiffers(parcel=elsewhere)
    insert(batch, places, digest=digest, valid_from=valid_from)


def _trace(ended: list[int], county: str, *, changed_on: date) -> int:
    """Write which parcel became which; return how many edges there are."""
    old = _outlines(Parcel.objects.filter(county=county, valid_to=changed_on, pk__in=ended))
    new = _outlines(Parcel.objects.filter(county=county, valid_from=changed_on, valid_to=None))
    area_mm2 = np.rint(old.area_m2 * MM2_PER_M2).astype(np.int64)
    try:
        found = overlay.lineage(
            old.shapes, new.shapes, old_codes=old.codes, new_codes=new.codes, old_area_mm2=area_mm2,
            sliver_m2=LEAST_M2, overlap_share=TWICE_COVERED,
        )  # fmt: skip
    except OverlapFound as error:
        raise VersionNotPossible(told=str(error)) from error
    ParcelLineage.objects.bulk_create(_edges(found, old, new, changed_on=changed_on), batch_size=ROWS_AT_ONCE)
    return len(found.parent)


@dataclass(frozen=True)
class _Outlines:
    keys: list[int]
    codes: NDArray[np.str_]
    area_m2: NDArray[np.float64]
    shapes: NDArray[np.object_]


def _outlines(rows: Any) -> _Outlines:
    found = list(rows.order_by("code").values_list("pk", "code", "area_m2", "geometry"))
    shapes = np.empty(len(found), dtype=object)
    shapes[:] = [row[3] for row in found]
    moved = to_crs(shapes, source=STORED_CRS, target=METRIC_CRS) if found else shapes
    codes = np.array([row[1] for row in found], dtype=str)
    return _Outlines([row[0] for row in found], codes, np.array([row[2] for row in found], dtype=float), moved)


def _edges(found: Lineage, old: _Outlines, new: _Outlines, *, changed_on: date) -> list[ParcelLineage]:
    parents, children = (
        dict(zip(old.codes.tolist(), old.keys, strict=True)),
        dict(zip(new.codes.tolist(), new.keys, strict=True)),
    )
    edges = zip(
        found.parent.tolist(), found.child.tolist(), found.area_mm2.tolist(), found.shares().tolist(), strict=True
    )
    return [
        ParcelLineage(
            parent_id=parents[parent], child_id=None if child == OUTSIDE else children[child],
            area_m2=area / MM2_PER_M2, share=share, changed_on=changed_on,
        )
        for parent, child, area, share in edges
    ]  # fmt: skip


def as_json(version: NewVersion) -> dict[str, int]:
    """Return a version's counts as plain data."""
    return asdict(version)
