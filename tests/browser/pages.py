"""The pages that every check walks through."""

from tests.browser.story import Story

MODES = {"normal": (), "elder": ("elder",), "contrast": ("contrast",)}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
NAMES = (
    "home", "sign-in", "map", "gep", "parcel", "greenpoints", "redeem", "marketplace", "listing", "policy", "claim",
    "transparency", "figures", "units", "unit", "certificate", "act", "api-docs", "county", "comparison",
    "publication", "ogc",
)  # fmt: skip

# What each role sees behind the sign-in, by the name of its field in the story; in braces, other fields of it.
BEHIND_THE_SIGN_IN = {
    "resident": (
        "/greenpoints/{person}/", "/greenpoints/{person}/statements/2026/", "/greenpoints/{person}/consents/",
        "/greenpoints/{person}/circles/", "/greenpoints/{person}/entrustments/", "/greenpoints/{person}/data/",
        "/greenpoints/{person}/vouchers/",
    ),
    "merchant": (
        "/redeem/", "/redeem/voucher/", "/redeem/day/?on=2026-05-20", "/redeem/day/", "/redeem/statements/",
    ),
    "staff": (
        "/greenpoints/desk/", "/greenpoints/desk/campaigns/new/", "/greenpoints/desk/grants/new/",
        "/greenpoints/desk/batches/transit/day-1/", "/units/desk/", "/units/risk/",
    ),
    "policy_officer": ("/greenpoints/factors/", "/greenpoints/factors/new/"),
    "finance_officer": ("/settlements/", "/policy/reconciliation/"),
    "analyst": (
        "/gep/datasets/", "/gep/datasets/new/", "/gep/runs/", "/gep/runs/new/", "/gep/runs/{account}/",
        "/gep/scenarios/new/?area=361028100001",
    ),
}  # fmt: skip


def behind_the_sign_in(role: str, told: Story) -> list[str]:
    """Return the addresses of a role's pages in this story."""
    return [path.format(**vars(told)) for path in BEHIND_THE_SIGN_IN[role]]


def path_of(name: str, told: Story) -> str:
    """Return the address of a page in this story."""
    return {
        "home": "/",
        "sign-in": "/sign-in/",
        "map": "/map/",
        "gep": "/gep/",
        "parcel": f"/parcels/{told.parcel}/",
        "greenpoints": "/greenpoints/",
        "redeem": "/redeem/",
        "marketplace": "/marketplace/",
        "listing": f"/marketplace/{told.listing}/",
        "policy": "/policy/",
        "claim": f"/policy/claims/{told.claim}/",
        "transparency": "/transparency/",
        "figures": "/greenpoints/figures/",
        "units": "/units/",
        "unit": f"/units/serials/{told.serial}/",
        "certificate": f"/units/certificates/{told.certificate}/",
        "act": "/greenpoints/acts/M02/",
        "api-docs": "/api/docs/",
        "county": "/map/?area=361028&indicator=water_retention",
        "comparison": "/gep/compare/",
        "publication": "/gep/published/",
        "ogc": "/ogc/?f=html",
    }[name]
