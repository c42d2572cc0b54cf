"""Takes parcels and layers into the platform: checked, in one transaction, the same file again changes nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from core import regions
from core.errors import RuleViolation
from gep import ecosystems
from gep.files import FileRefused, parcel_files
from gep.files.parcel_files import ParcelFile
from gep.files.projections import METRIC_CRS, STORED_CRS, to_crs
from gep.models import Parcel

ALLOWED_CRS = (METRIC_CRS, STORED_CRS, "EPSG:4326", "EPSG:4549", "EPSG:4547")
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


def load_parcels(path: Path, *, id_column: str = "code") -> LoadedParcels:
    """Take the parcels of a GeoPackage or GeoJSON in; all or none.

    Raises InputFileRefused (``reason``, ``told``), ParcelRowRefused, ParcelDiffers.
    """
    try:
        found = parcel_files.read(Path(path), id_column=id_column)
    except FileRefused as refusal:
        raise InputFileRefused(file=refusal.name, reason=refusal.reason, told=refusal.told) from refusal
    crs = _allowed_crs(found.crs, path=Path(path))
    _check_codes(found)
    digests = _digests(found)
    with transaction.atomic():
        new = _new_places(found.columns["code"], digests)
        rows = _rows(found, places=new, digests=digests, crs=crs)
        Parcel.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
    return LoadedParcels(added=len(new), unchanged=len(digests) - len(new))


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


def _new_places(codes: NDArray, digests: list[str]) -> list[int]:
    known = dict(Parcel.objects.filter(county__in={code[:6] for code in codes}).values_list("code", "digest"))
    known |= _known_elsewhere([code for code in codes if code not in known])
    for code, digest in zip(codes, digests, strict=True):
        if known.get(code, digest) != digest:
            raise ParcelDiffers(parcel=code)
    return [place for place, code in enumerate(codes) if code not in known]


def _known_elsewhere(codes: list[str]) -> Mapping[str, str]:
    known: dict[str, str] = {}
    for start in range(0, len(codes), ROWS_AT_ONCE):
        some = codes[start : start + ROWS_AT_ONCE]
        known |= dict(Parcel.objects.filter(code__in=some).values_list("code", "digest"))
    return known


def _rows(found: ParcelFile, *, places: list[int], digests: list[str], crs: str) -> list[Parcel]:
    shapes = found.geometries[places]
    area_m2 = shapely.area(to_crs(shapes, source=crs, target=METRIC_CRS))
    stored = to_crs(shapes, source=crs, target=STORED_CRS)
    columns: dict[str, Any] = {name: found.columns[name][places] for name in parcel_files.COLUMNS}
    return [
        Parcel(
            **{name: values[i] for name, values in columns.items()},
            area_m2=float(area_m2[i]),
            geometry=stored[i],
            synthetic=bool(found.synthetic[place]),
            digest=digests[place],
        )
        for i, place in enumerate(places)
    ]
