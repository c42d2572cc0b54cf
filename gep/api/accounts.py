"""The app's routes: accounts, one account, one parcel explained."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router

from gep import ecosystems, parcel_explanations, queries
from gep.api.conditions import Code, reader_of
from gep.method_profiles import indicator_list
from gep.parcel_explanations import Explanation
from gep.queries import LineView
from gep.schemas.accounts import AccountDetailOut, AccountOut, ParcelOut

router = Router(tags=["gep"])


@router.get("/accounts", response=list[AccountOut])
def list_accounts(request: HttpRequest) -> list[dict[str, Any]]:
    """List the accounts that the caller may see, the newest year first: the official ones everybody."""
    return [asdict(view) for view in queries.accounts(reader=reader_of(request))]


@router.get("/accounts/{code}", response=AccountDetailOut)
def get_account(request: HttpRequest, code: str = Code) -> dict[str, Any]:
    """One account with its totals and where its figures come from."""
    account = queries.account(code, reader=reader_of(request))
    totals = queries.indicator_totals(code).to_dict("records")
    return {**asdict(account), "totals": totals}


@router.get("/accounts/{code}/parcels/{parcel}", response=ParcelOut)
def explain_parcel(request: HttpRequest, code: str = Code, parcel: str = Code) -> dict[str, Any]:
    """Explain one parcel of an account, of the version that the account took.

    Quantities and values; the classes of its land; what each layer says of it and how much of it each covers; the terms
    of every indicator, each a product of named figures; the figures with their sources.
    """
    account = queries.account(code, reader=reader_of(request))
    found = queries.accounted_parcel(parcel, account=code)
    told = parcel_explanations.explain(code, parcel)
    kind = ecosystems.BY_CODE.get(found.ecosystem)
    lines = [_line(line, account.provenance, told) for line in queries.parcel_lines(parcel, account=code)]
    return {
        **asdict(found),
        "ecosystem_zh": kind.zh if kind else "",
        "account": code,
        "unconfirmed_figures": account.unconfirmed_figures,
        "value_fen": sum(line["value_fen"] for line in lines),
        "lines": lines,
        "layers": account.provenance.get("layers", {}),
        "explanation": told and asdict(told),
    }


def _line(line: LineView, provenance: dict[str, Any], told: Explanation | None) -> dict[str, Any]:
    variant = provenance.get("variants", {}).get(line.indicator, "")
    listed = indicator_list().get(line.indicator)
    way = listed.variants.get(variant) if listed else None
    named = set(told.figures.get(line.indicator, ())) if told else set()
    figures = [figure for figure in provenance["figures"] if f"{figure['table']}.{figure['key']}" in named]
    return {
        **asdict(line),
        "yuan_per_unit": provenance.get("yuan_per_unit", {}).get(line.indicator),
        "variant": variant,
        "variant_zh": way.zh if way else "",
        "method": f"docs/methods/{line.indicator}.md",
        "prices": told.prices.get(line.indicator, {}) if told else {},
        "figures": figures,
    }
