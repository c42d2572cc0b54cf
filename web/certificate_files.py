"""A certificate of retirement as files: PDF for print, JSON with the proof for the offline verifier."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.typesetting import Kind, typeset
from greenpoints.queries.register import RetirementLine
from web import figures

TEMPLATE = Path(__file__).parent / "papers" / "certificate.typ"


def as_pdf(line: RetirementLine, *, address: str, qr: str, kind: Kind = "pdf") -> bytes:
    """Return the certificate on A4, in the language of the reader. ``address`` is where anybody checks it."""
    return typeset(TEMPLATE, paper(line, address=address), pictures={"qr": qr}, kind=kind)[0]


def as_json(line: RetirementLine, *, proof: dict[str, Any]) -> str:
    """Return the certificate with the proof of its posting, as bookkeeping/offline_verifier.py reads it."""
    told = asdict(line) | {"at": line.at.isoformat()}
    return json.dumps(proof | {"certificate": told}, ensure_ascii=False, indent=1)


def paper(line: RetirementLine, *, address: str) -> dict[str, Any]:
    """Return everything the template prints, as texts."""
    return {
        "lang": "zh" if figures.reads_chinese() else "en",
        "title": _("核证减排单位注销证书"),
        "number": line.certificate,
        "statement": _("兹证明下列核证减排单位已注销使用，不得再次使用、转让或恢复。"),
        "rows": [
            [_("受益方"), line.beneficiary],
            [_("用途"), line.purpose_label],
            [_("数量"), f"{figures.grouped(line.quantity_kg)} kg CO₂e"],
            [_("方法学与年度"), f"{line.method} · {line.vintage}"],
            [_("单位编号"), "\n".join(line.serials)],
            [_("注销日期"), timezone.localtime(line.at).strftime("%Y-%m-%d")],
            [_("账簿凭证"), line.posting],
        ],
        "note": _("扫码或打开下列网址核对；网页可下载公开日志的证明，用离线程序验证。"),
        "address": address,
    }
