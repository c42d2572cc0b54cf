"""Two accounts side by side, in words; what they differ by is found in gep.comparisons."""

import dataclasses

from gep import comparisons
from gep.comparisons import Compared
from gep.queries import AccountView
from web import figures
from web.accounts_shown import indicator_label, profile_label


def compare(first: AccountView, second: AccountView) -> Compared:
    """Compare two accounts of one region, with the names of their indicators."""
    found = comparisons.compare(first, second)
    return dataclasses.replace(
        found,
        rows=[row | {"label": indicator_label(row["indicator"])} for row in found.rows],
        unsplit=[indicator_label(name) for name in found.unsplit],
    )


def label_of(account: AccountView, other: AccountView) -> str:
    """Return what tells two accounts apart: the year where the years differ, else the profile, else the code."""
    if account.year != other.year or account.price_year != other.price_year:
        return f"{account.year}" if account.year != other.year else f"{account.year} / {account.price_year}"
    if account.profile != other.profile:
        return profile_label(account.profile)
    return account.code.rpartition("-")[2] if figures.reads_chinese() else account.code
