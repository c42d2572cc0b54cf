"""One parcel: where it is, what it is, and every line of its account explained."""

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from gep import parcel_explanations, queries
from gep.queries import AccountView, ParcelView
from marketplace import queries as marketplace_queries
from web import accounts_shown, area_outlines, explanations, outlines, thread
from web.views.gep.maps import with_labels


def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one parcel with its whole explanation, in the account asked for or the latest."""
    account = accounts_shown.chosen_account(request)
    try:
        parcel = version(code, account)
    except ObjectDoesNotExist:
        raise Http404 from None
    lines = queries.parcel_lines(code, account=account.code) if account else []
    total_fen = sum(line.value_fen for line in lines)
    rights = marketplace_queries.rights_over(code)
    sales = marketplace_queries.sales_of(code)
    context = {
        "parcel": parcel,
        "shown_parcel": with_labels(parcel),
        "account": account,
        "account_choices": accounts_shown.choices(request, account) if account else [],
        "lines": explanations.lines(lines, account, ecosystem=parcel.ecosystem) if account else [],
        "pending": accounts_shown.pending(account) if account and lines else [],
        "layers": explanations.layers(account) if account and lines else [],
        "strip": thread.of_parcel(parcel, gep_fen=total_fen if lines else None, rights=rights, sales=sales),
        "rights": rights,
        "total_fen": total_fen,
        "density_yuan": total_fen / parcel.area_m2 / 100 if lines else None,
        "figure": outlines.figure([parcel.geometry]),
        "crumbs": crumbs(parcel, account),
    }
    if account and lines and (told := parcel_explanations.explain(account.code, code)) is not None:
        context |= explanations.of_land(told, lines)
    return render(request, "gep/parcel.html", context)


def version(code: str, account: AccountView | None) -> ParcelView:
    """Return the version of a parcel that the account took, the latest where it took none of it."""
    try:
        return queries.accounted_parcel(code, account=account.code) if account else queries.parcel(code)
    except ObjectDoesNotExist:
        return queries.parcel(code)


def crumbs(parcel: ParcelView, account: AccountView | None) -> list[dict[str, str]]:
    """Return the way down to the parcel: county, town, village with their codes where the account knows them."""
    from web.regions_shown import name

    told = [{"code": parcel.county, "name": name(parcel.county)}]
    places = area_outlines.places_of(account, parcel.code) if account else {}
    return told + [{"code": code, "name": label} for code, label in places.items()]
