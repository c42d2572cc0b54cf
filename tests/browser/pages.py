"""The pages that every check walks through."""

from tests.browser.story import Story

MODES = {"normal": (), "elder": ("elder",), "contrast": ("contrast",)}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
NAMES = (
    "home", "sign-in", "map", "gep", "parcel", "greenpoints", "redeem", "marketplace", "listing", "policy", "claim",
    "transparency", "figures", "units", "api-docs", "county", "comparison", "publication", "ogc",
)  # fmt: skip

# A resident's own pages; ``{person}`` is the story's resident.
OWN = ("/greenpoints/{person}/", "/greenpoints/{person}/statements/2026/", "/greenpoints/{person}/consents/",
       "/greenpoints/{person}/circles/", "/greenpoints/{person}/entrustments/",
       "/greenpoints/{person}/data/")  # fmt: skip

# What operators see behind the sign-in.
OPERATORS = ("/greenpoints/desk/", "/greenpoints/desk/campaigns/new/", "/greenpoints/desk/grants/new/",
             "/greenpoints/desk/batches/transit/day-1/")  # fmt: skip

# What analysts see behind the sign-in; ``{run}`` is the story's account.
DESK = ("/gep/datasets/", "/gep/datasets/new/", "/gep/runs/", "/gep/runs/new/", "/gep/runs/{run}/",
        "/gep/scenarios/new/?area=361028100001")  # fmt: skip


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
        "api-docs": "/api/docs/",
        "county": "/map/?area=361028&indicator=water_retention",
        "comparison": "/gep/compare/",
        "publication": "/gep/published/",
        "ogc": "/ogc/?f=html",
    }[name]
