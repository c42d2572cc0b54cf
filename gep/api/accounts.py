"""The app's routes: accounts, one account, one parcel explained."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router

from gep import ecosystems, queries
from gep.api.conditions import Code, reader_of
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
    """Explain one parcel of an account: quantities, values, the figures used and their sources, the inputs."""
    account, found = queries.account(code, reader=reader_of(request)), queries.parcel(parcel)
    yuan = account.provenance.get("yuan_per_unit", {})
    lines = [
        {**asdict(line), "yuan_per_unit": yuan[line.indicator], "figures": _figures(account.provenance, line.indicator)}
        for line in queries.parcel_lines(parcel, account=code)
    ]
    kind = ecosystems.BY_CODE.get(found.ecosystem)
    return {
        **asdict(found),
        "ecosystem_zh": kind.zh if kind else "",
        "account": code,
        "unconfirmed_figures": account.unconfirmed_figures,
        "value_fen": sum(line["value_fen"] for line in lines),
        "lines": lines,
        "layers": account.provenance.get("layers", {}),
    }


def _figures(provenance: dict[str, Any], indicator: str) -> list[dict[str, str]]:
    return [figure for figure in provenance["figures"] if figure["table"] in (indicator, "prices")]
