"""Rows of one day, as a partner would send them."""

import json
from datetime import UTC, date, datetime

DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 20, tzinfo=UTC)


def ride(name, hour, *, who="tok-0", metres=3200, **other):
    """Return one plausible shared-bike row."""
    row = {
        "external_id": name, "act": "M02", "subject_ref": who, "started_at": f"2026-11-20T{hour:02}:00:00+08:00",
        "ended_at": f"2026-11-20T{hour:02}:15:00+08:00", "quantity": metres, "unit": "m",
        "evidence": {"type": "operator_record", "ref": "p1"},
    }  # fmt: skip
    return row | other


def as_bytes(rows):
    """Return rows as NDJSON."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
