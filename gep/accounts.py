"""Accounts in the platform: asked for, compiled by a job from saved inputs, kept as lines that add up to the fen."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events, jobs, regions
from core.errors import RuleViolation
from gep import accounting, intake, layer_stacks, methods, queries
from gep.accounting import CompiledAccount, Parcels
from gep.files import projections, sha256
from gep.layer_stacks import LayerStack
from gep.methods import Method
from gep.models import Account, AccountLine, AccountStatus, AccountTotal, Parcel
from gep.queries import AccountView
from identity import roles
from identity.role_codes import Role

Progress = Callable[[str, float], None]
ROWS_AT_ONCE = 5_000


class AccountWithoutParcels(RuleViolation):
    """No parcel of the region is known."""

    code = "gep_account_without_parcels"
    message = _("该区域没有图斑，无法核算。")


class AccountNotDescribed(RuleViolation):
    """The profile, a switch, a layer or the region is not known; ``told`` names it."""

    code = "gep_account_not_described"
    message = _("核算说明有误：所列的方法、开关、图层或区域无效。")
    status = 422


class InputsChanged(RuleViolation):
    """A layer is not the file that the account was asked for with."""

    code = "gep_inputs_changed"
    message = _("输入文件已变化，请重新提交核算。")


class AccountNotCompiled(RuleViolation):
    """The account has no figures yet, or could not be compiled."""

    code = "gep_account_not_compiled"
    message = _("核算账户尚未完成核算，不能发布。")


class AccountUnconfirmed(RuleViolation):
    """The account used figures that nobody confirmed; ``figures`` names them."""

    code = "account_unconfirmed"
    message = _("核算使用了未经确认的系数，不能作为正式结果发布。")


class AccountSynthetic(RuleViolation):
    """A parcel or a layer of the account is synthetic."""

    code = "account_synthetic"
    message = _("核算使用了模拟数据，不能作为正式结果发布。")


def request(
    *,
    region: str,
    year: int,
    price_year: int,
    layers: Mapping[str, Path],
    at: datetime,
    profile: str = "GBT46869_2025",
    scheme: str = "hj1166",
    switches: Mapping[str, Any] | None = None,
) -> AccountView:
    """Save an account over the region's parcels and these layers, and the job that compiles it.

    The same inputs, figures and switches again: the same account, nothing doubled. Raises AccountNotDescribed,
    AccountWithoutParcels, intake.InputFileRefused.
    """
    inputs = _inputs(region=region, layers=layers, profile=profile, scheme=scheme, switches=switches or {})
    stated = {"region": region, "year": year, "price_year": price_year, "profile": profile, "inputs": inputs}
    digest = hashlib.sha256(json.dumps(_without_paths(stated), sort_keys=True).encode()).hexdigest()
    code = f"{region}-{year}-{digest[:8]}"
    with transaction.atomic():
        row = Account(
            code=code, region=region, year=year, price_year=price_year, profile=profile, inputs=inputs,
            input_digest=digest, requested_at=at,
        )  # fmt: skip
        Account.objects.bulk_create([row], ignore_conflicts=True)
        jobs.enqueue("gep.compile_account", cause_key=f"gep/{code}", payload={"account": code}, due_at=at)
    return queries.account(code)


def compile(code: str, *, as_of: datetime, progress: Progress | None = None) -> AccountView:
    """Compile a requested account and keep its lines, totals and event; a compiled one is left as it is.

    An account that cannot be compiled is kept as refused, with the sentence that says why.
    """
    row = Account.objects.get(code=code)
    if row.status != AccountStatus.REQUESTED:
        return queries.account(code)
    try:
        ids, synthetic, found, stack = _compiled(row, progress=progress)
    except (ValueError, LookupError, InputsChanged) as error:
        Account.objects.filter(pk=row.pk, status=AccountStatus.REQUESTED).update(
            status=AccountStatus.REFUSED, refusal=str(error)[:2000], compiled_at=as_of
        )
        return queries.account(code)
    with transaction.atomic():
        locked = Account.objects.select_for_update().get(pk=row.pk)
        if locked.status == AccountStatus.REQUESTED:
            _keep(locked, ids, found, stack, synthetic=synthetic or stack.synthetic, as_of=as_of)
    return queries.account(code)


def publish(code: str, *, by: AbstractBaseUser, at: datetime) -> AccountView:
    """Make a compiled account the official one of its region and year; published again, nothing changes.

    ``by`` must be an analyst of the region. Raises Account.DoesNotExist, roles.RoleMissing, AccountNotCompiled,
    AccountSynthetic, AccountUnconfirmed.
    """
    with transaction.atomic():
        row = Account.objects.select_for_update().get(code=code)
        if not roles.holds(by, Role.ANALYST, region=row.region):
            raise roles.RoleMissing(needs=[Role.ANALYST.value], region=row.region)
        if row.status == AccountStatus.PUBLISHED:
            return queries.account(code)
        _refuse_unofficial(row)
        row.status = AccountStatus.PUBLISHED
        row.save(update_fields=["status"])
        detail = {"account": code, "region": row.region, "year": row.year, "by": by.get_username()}
        events.record("gep.account_published", subject=code, occurred_at=at, detail=detail)
    return queries.account(code)


def region_counties(region: str) -> list[str]:
    """Return the counties of a region, itself where it is one."""
    return [county.code for county in regions.counties() if region in regions.chain(county.code)]


def _refuse_unofficial(row: Account) -> None:
    if row.status != AccountStatus.COMPILED:
        raise AccountNotCompiled(account=row.code, status=row.status)
    if row.synthetic:
        raise AccountSynthetic(account=row.code)
    if row.unconfirmed_figures:
        unconfirmed = [f"{f['table']}.{f['key']}" for f in row.provenance.get("figures", []) if f["tag"] == "U"]
        raise AccountUnconfirmed(account=row.code, figures=unconfirmed)


def _inputs(
    *, region: str, layers: Mapping[str, Path], profile: str, scheme: str, switches: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        methods.profile(profile, switches=switches)
        regions.region(region)
    except ValueError as error:
        raise AccountNotDescribed(told=str(error)) from error
    unknown = sorted(set(layers) - layer_stacks.LAYER_NAMES)
    if unknown or "land_cover" not in layers:
        raise AccountNotDescribed(told=f"layers {unknown or 'without land_cover'}")
    missing = [name for name, path in layers.items() if not Path(path).is_file()]
    if missing:
        raise intake.InputFileRefused(file=missing[0], reason="not_a_geotiff", told="no such file")
    return {
        "layers": {
            name: {"path": str(Path(path).resolve()), "sha256": sha256(Path(path))}
            for name, path in sorted(layers.items())
        },
        "scheme": scheme,
        "switches": dict(switches),
        "parcels_sha256": _parcels_digest(region),
        "figures_sha256": methods.tables_digest(),
    }


def _without_paths(stated: dict[str, Any]) -> dict[str, Any]:
    """Where a file lies says nothing about what is in it."""
    layers = {name: said["sha256"] for name, said in stated["inputs"]["layers"].items()}
    return {**stated, "inputs": {**stated["inputs"], "layers": layers}}


def _parcels_digest(region: str) -> str:
    rows = Parcel.objects.filter(county__in=region_counties(region)).order_by("code")
    digests = list(rows.values_list("digest", flat=True))
    if not digests:
        raise AccountWithoutParcels(region=region)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _compiled(row: Account, *, progress: Progress | None) -> tuple[list[int], bool, CompiledAccount, LayerStack]:
    inputs = row.inputs
    if methods.tables_digest() != inputs["figures_sha256"] or _parcels_digest(row.region) != inputs["parcels_sha256"]:
        raise InputsChanged(account=row.code, changed="figures or parcels")
    paths = {name: Path(said["path"]) for name, said in inputs["layers"].items()}
    stack = layer_stacks.read(paths, crs=projections.METRIC_CRS, scheme=inputs["scheme"])
    for name, digest in stack.digests.items():
        if digest != inputs["layers"][name]["sha256"]:
            raise InputsChanged(account=row.code, changed=name)
    profile = methods.profile(row.profile, switches=inputs["switches"])
    method = Method(profile, region=row.region, year=row.year, price_year=row.price_year)
    ids, synthetic, parcels = _parcels(row.region)
    return ids, synthetic, accounting.compile_account(parcels, stack.layers, method, progress=progress), stack


def _parcels(region: str) -> tuple[list[int], bool, Parcels]:
    columns = ("pk", "code", "village_code", "town_code", "county", "synthetic", "geometry")
    rows = Parcel.objects.filter(county__in=region_counties(region)).order_by("code").values_list(*columns)
    ids, codes, villages, towns, counties, synthetic, shapes = zip(*rows, strict=True)
    geometries = np.empty(len(shapes), dtype=object)
    geometries[:] = shapes
    geometries = projections.to_crs(geometries, source=projections.STORED_CRS, target=projections.METRIC_CRS)
    areas = {"village": villages, "town": towns, "county": counties, "region": [region] * len(ids)}
    named = {level: np.array(values, dtype=str) for level, values in areas.items()}
    return list(ids), any(synthetic), Parcels(np.array(codes, dtype=str), geometries, named)


def _keep(
    row: Account, ids: list[int], found: CompiledAccount, stack: LayerStack, *, synthetic: bool, as_of: datetime
) -> None:
    AccountLine.objects.bulk_create(_lines(row, ids, found), batch_size=ROWS_AT_ONCE)
    AccountTotal.objects.bulk_create(_totals(row, found), batch_size=ROWS_AT_ONCE)
    row.status, row.compiled_at = AccountStatus.COMPILED, as_of
    row.unconfirmed_figures, row.synthetic = found.method.unconfirmed, synthetic
    row.provenance = {
        "profile": found.method.profile.document,
        "switches": dict(found.method.profile.switches),
        "figures": found.method.figures(),
        "unindexed_prices": found.method.unindexed_prices(),
        "yuan_per_unit": {name: result.yuan_per_unit for name, result in found.results.items()},
        "pending_data": {name: list(lacking) for name, lacking in found.pending.items()},
        "layers": {name: {"sha256": stack.digests[name], "label": stack.labels[name]} for name in stack.digests},
        "parcels_off_the_layers": int(np.sum(found.parcels.inside_share < 1 - 1e-9)),
    }
    row.save()
    detail = {"account": row.code, "region": row.region, "year": row.year, "parcels": len(ids),
              "total_fen": found.total_fen, "unconfirmed_figures": row.unconfirmed_figures,
              "synthetic": synthetic}  # fmt: skip
    events.record("gep.account_compiled", subject=row.code, occurred_at=as_of, detail=detail)


def _lines(row: Account, ids: list[int], found: CompiledAccount) -> list[AccountLine]:
    return [
        AccountLine(
            account=row, parcel_id=parcel_id, indicator=name, quantity=quantity, unit=result.unit, value_fen=fen,
            coverage_share=share,
        )
        for name, result in found.results.items()
        for parcel_id, quantity, fen, share in zip(
            ids, result.quantity.tolist(), result.value_fen.tolist(), result.coverage_share.tolist(), strict=True
        )
        if quantity == quantity  # a missing quantity is NaN, which equals nothing, and has no line
    ]  # fmt: skip


def _totals(row: Account, found: CompiledAccount) -> list[AccountTotal]:
    return [
        AccountTotal(
            account=row, level=total.level, area=total.area, indicator=total.indicator, quantity=total.quantity,
            unit=total.unit, value_fen=total.value_fen, parcels=total.parcels,
        )
        for total in found.totals
    ]  # fmt: skip
