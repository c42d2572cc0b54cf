"""An account described by an ACCOUNT.toml; what it does not know is refused by name. No database."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gep import accounting, layer_stacks, methods
from gep.accounting import CompiledAccount, Parcels
from gep.files import parcel_files, projections
from gep.files.parcel_files import ParcelFile
from gep.layer_stacks import LayerStack
from gep.methods import Method

KEYS = {
    "account": {"name", "region", "year", "price_year", "profile", "crs", "reference_layer"},
    "parcels": {"path", "id", "county"},
    "layers": None,
    "switches": None,
}
LAYER_KEYS = {"path", "unit", "scheme"}
DEFAULT_CRS = "EPSG:4548"


class AccountFileRefused(ValueError):
    """A key that is missing, not known, or holds what it cannot."""


@dataclass(frozen=True)
class Described:
    """What an ACCOUNT.toml says, with paths made absolute."""

    name: str
    region: str
    year: int
    price_year: int
    profile: str
    crs: str
    parcels: Path
    id_column: str
    county_column: str
    layers: Mapping[str, Path]
    scheme: str
    switches: Mapping[str, Any]


@dataclass(frozen=True)
class CompiledFile:
    """An account compiled from files, with what its outputs must say about their origin."""

    described: Described
    account: CompiledAccount
    parcels: ParcelFile
    stack: LayerStack

    @property
    def synthetic(self) -> bool:
        """Whether any parcel or layer is synthetic."""
        return self.stack.synthetic or bool(self.parcels.synthetic.any())


def describe(path: Path) -> Described:
    """Return what an ACCOUNT.toml says. Raises AccountFileRefused, which names the key."""
    if not Path(path).is_file():
        raise AccountFileRefused(f"{Path(path).name}: there is no such file")
    try:
        stated = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AccountFileRefused(f"{Path(path).name}: {error}") from None
    _refuse_unknown(stated)
    account, parcels, folder = stated["account"], stated["parcels"], Path(path).resolve().parent
    if account.get("reference_layer", "land_cover") != "land_cover":
        raise AccountFileRefused("account.reference_layer must be land_cover")
    return Described(
        name=_stated(account, "account", "name", ""),
        region=_needed(account, "account", "region", str),
        year=_needed(account, "account", "year", int),
        price_year=_stated(account, "account", "price_year", account["year"]),
        profile=_stated(account, "account", "profile", "GBT46869_2025"),
        crs=_metric(_stated(account, "account", "crs", DEFAULT_CRS)),
        parcels=folder / _needed(parcels, "parcels", "path", str),
        id_column=_stated(parcels, "parcels", "id", "code"),
        county_column=_stated(parcels, "parcels", "county", "county"),
        layers={name: folder / _needed(said, f"layers.{name}", "path", str) for name, said in stated["layers"].items()},
        scheme=_stated(stated["layers"].get("land_cover", {}), "layers.land_cover", "scheme", "hj1166"),
        switches=stated.get("switches", {}),
    )


def compile_described(described: Described, *, progress: Callable[[str, float], None] | None = None) -> CompiledFile:
    """Read what is described and compile it. Raises what the readers and ``compile_account`` raise."""
    tell = progress or (lambda stage, share: None)
    profile = methods.profile(described.profile, switches=described.switches)
    tell("reading parcels", 0.0)
    parcels = parcel_files.read(described.parcels, id_column=described.id_column)
    if not _same_crs(parcels.crs, described.crs):
        raise AccountFileRefused(f"the parcels are in {parcels.crs[:60]}, the account in {described.crs}")
    tell("reading layers", 0.0)
    stack = layer_stacks.read(described.layers, crs=described.crs, scheme=described.scheme)
    method = Method(profile, region=described.region, year=described.year, price_year=described.price_year)
    columns = _parcel_columns(parcels, crs=described.crs, region=described.region)
    account = accounting.compile_account(columns, stack.layers, method, progress=progress)
    return CompiledFile(described=described, account=account, parcels=parcels, stack=stack)


def _parcel_columns(parcels: ParcelFile, *, crs: str, region: str) -> Parcels:
    areas = {
        level: parcels.columns[column].astype(str)
        for level, column in (("village", "village_code"), ("town", "town_code"), ("county", "county"))
    }
    areas["region"] = np.full(len(parcels.geometries), region)
    geometries = projections.as_stored(parcels.geometries, crs=crs)
    return Parcels(codes=parcels.columns["code"].astype(str), geometries=geometries, areas=areas)


def _refuse_unknown(stated: Mapping[str, Any]) -> None:
    unknown = [name for name in stated if name not in KEYS]
    for name, known in KEYS.items():
        if not isinstance(stated.get(name, {} if name == "switches" else None), dict):
            raise AccountFileRefused(f"the table [{name}] is missing or not a table")
        unknown += [f"{name}.{key}" for key in stated.get(name, {}) if known is not None and key not in known]
    for name, said in stated["layers"].items():
        if not isinstance(said, dict):
            raise AccountFileRefused(f"layers.{name} must be a table with a path")
        unknown += [f"layers.{name}.{key}" for key in said if key not in LAYER_KEYS]
    if unknown:
        raise AccountFileRefused(f"keys that are not known: {', '.join(sorted(unknown))}")


def _needed(table: Mapping[str, Any], where: str, key: str, kind: type) -> Any:
    if not isinstance(table.get(key), kind):
        raise AccountFileRefused(f"{where}.{key} is missing or not {kind.__name__}")
    return table[key]


def _stated(table: Mapping[str, Any], where: str, key: str, default: Any) -> Any:
    """What is stated, of the kind of the default, or the default."""
    return _needed({key: default, **table}, where, key, type(default))


def _metric(crs: str) -> str:
    """Refuse a system that measures in degrees: areas and slopes would be nonsense, silently."""
    import pyproj
    from pyproj.exceptions import CRSError

    try:
        found = pyproj.CRS.from_user_input(crs)
    except CRSError:
        raise AccountFileRefused(f"account.crs {crs[:60]!r} is not a coordinate system that is known") from None
    if not found.is_projected or any(axis.unit_name != "metre" for axis in found.axis_info):
        raise AccountFileRefused(f"account.crs {crs[:60]!r} is not a projected system in metres, such as {DEFAULT_CRS}")
    return crs


def _same_crs(one: str, other: str) -> bool:
    import pyproj

    return pyproj.CRS.from_user_input(one) == pyproj.CRS.from_user_input(other)
