"""Who takes part in the demo: organisations, staff, one partner's key. None of them is real."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model

from identity import organisations, partner_keys, people

COUNTY = "361028"
SELLER = "zixi-bamboo-coop"
RIVAL = "zixi-carbon-tickets"
BIDDERS = ("jinxi-timber", "linchuan-green-invest", "nancheng-bamboo-works")
PARTNER = "fuzhou-transit"
SPONSOR = "fuzhou-green-fund"
MERCHANT = "zixi-tea-house"
COMMISSION = "fuzhou-drc"
FINANCE = "fuzhou-finance"
RESIDENT = "resident"

# code, name, kind, region
ORGANISATIONS = (
    (COMMISSION, "抚州市发展改革委（演示）", "government", "361000"),
    (FINANCE, "抚州市财政局（演示）", "government", "361000"),
    (SPONSOR, "抚州绿色基金（演示）", "fund", "361000"),
    (PARTNER, "抚州公共交通（演示）", "partner", "361000"),
    (MERCHANT, "资溪白茶茶馆（演示）", "merchant", COUNTY),
    (SELLER, "资溪毛竹专业合作社（演示）", "seller", COUNTY),
    (RIVAL, "资溪碳票经营公司（演示）", "seller", COUNTY),
    (BIDDERS[0], "金溪木业公司（演示）", "seller", "361027"),
    (BIDDERS[1], "临川绿色投资公司（演示）", "seller", "361002"),
    (BIDDERS[2], "南城竹制品厂（演示）", "seller", "361021"),
)

# user name, role, organisation
STAFF = (
    ("analyst", "analyst", COMMISSION),
    ("operator", "operator", COMMISSION),
    ("operator2", "operator", COMMISSION),
    ("policy1", "policy_officer", COMMISSION),
    ("policy2", "policy_officer", COMMISSION),
    ("finance1", "finance_officer", FINANCE),
    ("finance2", "finance_officer", FINANCE),
    ("finance3", "finance_officer", FINANCE),
    ("auditor", "auditor", COMMISSION),
    ("merchant", "merchant", MERCHANT),
    ("seller", "seller", SELLER),
)


@dataclass(frozen=True)
class Cast:
    """What the flows need: users by name, the partner's key, and the one password of the demo's users."""

    users: dict[str, Any]
    key_id: str
    secret: str
    password: str


def assemble(*, at: datetime, folder: Path) -> Cast:
    """Enrol everybody once; a second run finds them, with key and password kept in ``folder`` for their owner only."""
    for code, name, kind, region in ORGANISATIONS:
        organisations.register(code=code, name=name, kind=kind, region=region, at=at)
    kept = _kept(folder / "accounts.json", at=at)
    users = {}
    for name, role, organisation in STAFF:
        users[name] = _user(name, role=role, organisation=organisation, password=kept["password"], at=at)
    return Cast(users=users, key_id=kept["key_id"], secret=kept["secret"], password=kept["password"])


def _user(name: str, *, role: str, organisation: str, password: str, at: datetime) -> Any:
    known = get_user_model().objects.filter(username=name).first()
    return known or people.register_user(name, password, organisation=organisation, roles=(role,), at=at)


def give_resident_a_login(ref: str, *, password: str, at: datetime) -> None:
    """Let one resident of the demo sign in as ``resident``; a second run finds the user."""
    if not get_user_model().objects.filter(username=RESIDENT).exists():
        people.register_user(RESIDENT, password, person=ref, at=at)


def _kept(path: Path, *, at: datetime) -> dict[str, str]:
    """Return the demo's password and partner key; a first run makes them, so that no copy of the demo shares one.

    A file left by an earlier database keeps its password and gets a key that this database knows.
    """
    kept = json.loads(path.read_text(encoding="ascii")) if path.exists() else {}
    if not partner_keys.is_known(kept.get("key_id", "")):
        issued = partner_keys.issue(organisation=PARTNER, algorithm="ed25519", at=at)
        password = kept.get("password") or secrets.token_urlsafe(12)
        kept = {"password": password, "key_id": issued.key_id, "secret": issued.secret}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(kept, indent=2), encoding="ascii")
    return kept
