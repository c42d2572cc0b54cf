"""An account described by an ACCOUNT.toml; what it does not know is refused by name. No database."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core import coefficients, regions
from core.coefficients import CoefficientTable
from gep import accounting, ecosystems, file_sources, methods, surveyed_areas
from gep.accounting import CompiledAccount, CountyStatistics
from gep.file_sources import StatisticsFile, TableParcels
from gep.files import FileRefused, check_report, findings, projections, raster_stacks, rasters, sha256
from gep.files import layers as layer_list
from gep.files import parcels as parcel_tables
from gep.files.check_report import CheckReport
from gep.files.findings import Finding, Findings
from gep.files.parcels import CheckedParcels
from gep.files.parcels.columns import Columns
from gep.files.raster_stacks import RasterStack
from gep.files.rasters import RasterFacts
from gep.methods import Method

KEYS = {
    "account": {"name", "region", "year", "price_year", "profile", "crs", "reference_layer", "seed"},
    "parcels": {
        "path", "id", "county", "land_use", "area_m2", "town", "town_code", "village", "village_code", "layer",
        "on_bad", "on_overlap", "crs",
    },
    "layers": None,
    "statistics": {"path"},
    "switches": None,
    "coefficients": {"path"},
    "opening": {"account"},
}  # fmt: skip
OPTIONAL = {"statistics", "switches", "coefficients", "opening"}
LAYER_KEYS = {"path", "unit", "scheme", "resampling", "nodata"}
ON_BAD = ("refuse", "reject_rows", "repair")
ON_OVERLAP = ("tell", "refuse", "ignore")  # ignore: a run does not look for them
DEFAULT_CRS = "EPSG:4548"
DEFAULT_REGION = "361000"

Progress = Callable[[str, float], None]


class AccountFileRefused(ValueError):
    """A key that is missing, not known, or holds what it cannot."""


@dataclass(frozen=True)
class Described:
    """What an ACCOUNT.toml says, with paths made absolute."""

    name: str
    region: str  # "" where the counties of the parcels say it
    year: int
    price_year: int
    profile: str
    crs: str
    seed: int
    reference_layer: str
    parcels: Path
    columns: Columns
    parcel_options: Mapping[str, Any]
    on_overlap: str
    layers: Mapping[str, Path]
    units: Mapping[str, str]
    resampling: Mapping[str, str]
    nodata: Mapping[str, float]
    scheme: str
    switches: Mapping[str, Any]
    statistics: Path | None = None
    coefficients: Path | None = None
    opening: Path | None = None  # the ACCOUNT.toml of an earlier year, which this one is compared with


@dataclass(frozen=True)
class CompiledFile:
    """An account compiled from files, with what its outputs must say about their origin.

    ``digests`` holds the SHA-256 of every input by name, ``labels`` what it says of its own origin. ``parcels`` reads
    from the checked copy, which must stay where it is until the outputs are written.
    """

    described: Described
    region: str
    account: CompiledAccount
    parcels: TableParcels
    stack: RasterStack
    digests: Mapping[str, str]
    labels: Mapping[str, str]
    totals: CountyStatistics
    findings: tuple[Findings, ...] = field(default=())

    @property
    def synthetic(self) -> bool:
        """Whether any parcel or layer is synthetic."""
        return self.stack.synthetic or self.parcels.synthetic


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
    layers: Mapping[str, Mapping[str, Any]] = stated["layers"]
    optional = {"statistics": "path", "coefficients": "path", "opening": "account"}
    paths = {name: folder / _needed(stated[name], name, key, str) for name, key in optional.items() if name in stated}
    return Described(
        name=_stated(account, "account", "name", ""),
        region=_stated(account, "account", "region", ""),
        year=_needed(account, "account", "year", int),
        price_year=_stated(account, "account", "price_year", account["year"]),
        profile=_stated(account, "account", "profile", "GBT46869_2025"),
        crs=_metric(_stated(account, "account", "crs", DEFAULT_CRS)),
        seed=_stated(account, "account", "seed", 1),
        reference_layer=_layer(_stated(account, "account", "reference_layer", "land_cover"), layers),
        parcels=folder / _needed(parcels, "parcels", "path", str),
        columns=_columns(parcels),
        parcel_options=_parcel_options(parcels),
        on_overlap=_chosen(parcels, "on_overlap", ON_OVERLAP),
        layers={name: folder / _needed(said, f"layers.{name}", "path", str) for name, said in layers.items()},
        units={name: str(said["unit"]) for name, said in layers.items() if "unit" in said},
        resampling={name: str(said["resampling"]) for name, said in layers.items() if "resampling" in said},
        nodata={name: float(said["nodata"]) for name, said in layers.items() if "nodata" in said},
        scheme=_stated(layers.get("land_cover", {}), "layers.land_cover", "scheme", "hj1166"),
        switches=stated.get("switches", {}),
        **paths,
    )


def compile_described(
    described: Described, *, folder: Path, workers: int = 1, draws: int = 0, progress: Progress | None = None
) -> CompiledFile:
    """Read what is described, check it, compile it; the checked copy of the parcels is written into ``folder``.

    ``draws`` > 0 adds intervals by Monte Carlo. What ``opening`` names is left to gep.opening_accounts. Raises what the
    readers and ``compile_account`` raise, each a ValueError or LookupError with a sentence.
    """
    method = method_of(described, region=described.region)  # before the files, so that a wrong switch is told at once
    inputs = read(described, folder=folder, progress=progress)
    digests = {"parcels": inputs.checked.sha256}
    digests |= {f"layers.{name}": digest for name, digest in inputs.stack.digests.items()}
    found, totals = [_with_overlaps(inputs.checked, described)], CountyStatistics()
    if inputs.statistics is not None:
        totals, digests["statistics"] = inputs.statistics.totals, inputs.statistics.sha256
        found.append(inputs.statistics.findings)
    if described.coefficients is not None:
        digests["coefficients"] = sha256(described.coefficients)
    account = accounting.compile_account(
        inputs.parcels, inputs.stack, replace(method, region=inputs.parcels.region), statistics=totals,
        workers=workers, draws=draws, seed=described.seed, progress=progress,
    )  # fmt: skip
    columns = account.parcels
    found[0] = surveyed_areas.told(found[0], codes=columns.codes, factor=columns.area_factor)
    return CompiledFile(
        described=described,
        region=inputs.parcels.region,
        account=account,
        parcels=inputs.parcels,
        stack=inputs.stack,
        digests=digests,
        labels={f"layers.{name}": label for name, label in inputs.stack.labels.items()},
        totals=totals,
        findings=tuple(of_file for of_file in found if of_file.total),
    )


def method_of(described: Described, *, region: str) -> Method:
    """Return the method that is described. Raises UnknownProfile, UnknownSwitch, AccountFileRefused."""
    profile = methods.profile(described.profile, switches=described.switches)
    overrides = None if described.coefficients is None else _overrides(described.coefficients)
    return Method(profile, region=region, year=described.year, price_year=described.price_year, overrides=overrides)


@dataclass(frozen=True)
class Inputs:
    """The files of an account, each opened by a limited child and found to be what it should be."""

    checked: CheckedParcels
    parcels: TableParcels
    facts: Mapping[str, RasterFacts]
    stack: RasterStack
    statistics: StatisticsFile | None


def read(described: Described, *, folder: Path, progress: Progress | None = None) -> Inputs:
    """Check every file that is described; the copy of the parcels is written into ``folder``. Raises FileRefused."""
    tell = progress or (lambda stage, share: None)
    tell("reading parcels", 0.0)
    checked = _checked_parcels(described, folder)
    tell("checking layers", 0.0)
    facts = _facts(described)
    region = described.region or _region_of(checked)
    parcels = TableParcels(checked.table, region, surveyed=bool(described.columns.land_use))
    statistics = None
    if described.statistics is not None:
        statistics = file_sources.read_statistics(described.statistics, counties=parcels.counties, towns=parcels.towns)
    return Inputs(checked, parcels, facts, _stack(described), statistics)


def check_described(described: Described, *, folder: Path, progress: Progress | None = None) -> CheckReport:
    """Return what there is to know of the files before a run, overlaps among it. Raises FileRefused."""
    inputs = read(described, folder=folder, progress=progress)
    stated = None if inputs.statistics is None else set(inputs.statistics.totals.county.tolist())
    return check_report.report(
        inputs.checked,
        inputs.facts,
        grid=inputs.stack.grid,
        overlaps=parcel_tables.overlaps_of(inputs.checked.table),
        statistics_counties=stated,
        more_findings=[
            surveyed_areas.of_table(inputs.checked.table),
            *([] if inputs.statistics is None else [inputs.statistics.findings]),
        ],
        rules=inputs.stack.rules,
    )


def _checked_parcels(described: Described, folder: Path) -> CheckedParcels:
    return parcel_tables.check(
        described.parcels,
        folder / "parcels.arrow",
        crs=described.crs,
        columns=described.columns,
        land_use_codes=ecosystems.land_use_codes() if described.columns.land_use else None,
        place=projections.JIANGXI_AND_A_DEGREE,
        **described.parcel_options,
    )


def _with_overlaps(checked: CheckedParcels, described: Described) -> Findings:
    """The findings of the parcels, with the largest overlaps: what two parcels share would count twice."""
    if described.on_overlap == "ignore":
        return checked.findings
    overlaps = parcel_tables.overlaps_of(checked.table)
    if overlaps.pairs and described.on_overlap == "refuse":
        one, other, area_m2, x, y = overlaps.examples[0]
        told = f"{overlaps.pairs} pairs, {overlaps.area_m2:.2f} m²; the largest {one} and {other}, {area_m2:.2f} m²"
        raise FileRefused(described.parcels, "parcels_overlap", f"{told}, at {x:.3f} {y:.3f}")
    widest = "parcels_overlap" if overlaps.pairs else "parcels_overlap_sliver"
    return findings.with_more(
        checked.findings,
        [
            Finding(
                row=0, id=one, column="geometry", reason=widest, told=f"{other}, {area_m2:.2f} m²", x=x, y=y,
                done="noted",
            )
            for one, other, area_m2, x, y in overlaps.examples
        ],
        counts={"parcels_overlap": overlaps.pairs, "parcels_overlap_sliver": overlaps.slivers},
    )  # fmt: skip


def _facts(described: Described) -> dict[str, RasterFacts]:
    return {
        name: rasters.check(
            path, layer=name, unit=described.units.get(name, ""), scheme=described.scheme,
            nodata=described.nodata.get(name),
        )
        for name, path in described.layers.items()
    }  # fmt: skip


def _stack(described: Described) -> RasterStack:
    return raster_stacks.open_stack(
        described.layers,
        crs=described.crs,
        reference=described.reference_layer,
        scheme=described.scheme,
        resampling=described.resampling,
        units=described.units,
        nodata=described.nodata,
    )


def _overrides(path: Path) -> CoefficientTable:
    """An account's own figures: the columns of the built-in tables, keys with the table before the figure."""
    if not path.is_file():
        raise AccountFileRefused(f"coefficients.path: {path.name} is not there")
    return coefficients.read(path, any_source=True)


def _region_of(checked: CheckedParcels) -> str:
    """The county of the parcels where it is one that is known, else the city."""
    named = set(checked.table.column("county").tolist()) - {""}
    known = named & set(regions.table())
    return known.pop() if len(named) == 1 and known else DEFAULT_REGION


def _columns(parcels: Mapping[str, Any]) -> Columns:
    """What the file calls its columns; land use and official area count only where the account names them."""
    own = {name: _needed(parcels, "parcels", name, str) for name in Columns().as_dict() if name in parcels}
    stated = {
        "parcel_id": _stated(parcels, "parcels", "id", "code"),
        "land_use": _stated(parcels, "parcels", "land_use", ""),
        "official_area_m2": _stated(parcels, "parcels", "area_m2", ""),
    }
    return Columns(**{**own, **stated})


def _parcel_options(parcels: Mapping[str, Any]) -> dict[str, Any]:
    on_bad = _chosen(parcels, "on_bad", ON_BAD)
    stated_crs, layer = _stated(parcels, "parcels", "crs", ""), _stated(parcels, "parcels", "layer", "")
    return {"on_bad": on_bad, "stated_crs": stated_crs, "layer": layer or None}


def _chosen(parcels: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    """What the account chooses of ``allowed``, the first where it is silent."""
    chosen: str = _stated(parcels, "parcels", key, allowed[0])
    if chosen not in allowed:
        raise AccountFileRefused(f"parcels.{key} is one of {', '.join(allowed)}, not {chosen[:40]!r}")
    return chosen


def _refuse_unknown(stated: Mapping[str, Any]) -> None:
    unknown = [name for name in stated if name not in KEYS]
    for name, known in KEYS.items():
        if name in OPTIONAL and name not in stated:
            continue
        if not isinstance(stated.get(name), dict):
            raise AccountFileRefused(f"the table [{name}] is missing or not a table")
        unknown += [f"{name}.{key}" for key in stated[name] if known is not None and key not in known]
    for name, said in stated["layers"].items():
        if not isinstance(said, dict):
            raise AccountFileRefused(f"layers.{name} must be a table with a path")
        unknown += [f"layers.{name}.{key}" for key in said if key not in LAYER_KEYS]
    if unknown:
        raise AccountFileRefused(f"keys that are not known: {', '.join(sorted(unknown))}")


def _layer(name: str, layers: Mapping[str, Any]) -> str:
    if name not in layers:
        raise AccountFileRefused(f"account.reference_layer is {name[:40]!r}, which is not among the layers")
    layer_list.layer(name)
    return name


def _needed(table: Mapping[str, Any], where: str, key: str, kind: type) -> Any:
    if not isinstance(table.get(key), kind) or isinstance(table[key], bool) is not (kind is bool):
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
