"""The page for partners: its example, run as it stands, posts a batch; its table is the catalogue."""

import os
import re
import subprocess
import sys
from pathlib import Path

from behaviour_lines import AT
from django.conf import settings

from greenpoints.models import Batch
from greenpoints.quantification.acts import ACTS
from identity import partner_keys

PAGE = Path(settings.BASE_DIR) / "docs" / "partners.md"


def test_the_example_posts_a_batch(live_server, scene):
    key = partner_keys.issue(organisation="bike-co", algorithm="hmac-sha256", at=AT)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    told = {"SITE": live_server.url, "KEY_ID": key.key_id, "SECRET": key.secret, "SUBJECT": "tok-0"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | told, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.stdout.startswith("202 "), run.stderr
    assert list(Batch.objects.values_list("partner", "code")) == [("bike-co", "first-batch")]


def test_the_table_is_the_catalogue():
    rows = re.findall(r"^\| ([A-Z]\d\d) .*?\| `(\w+)` \| (.*?) \| ?(.*?) ?\|$", PAGE.read_text(encoding="utf-8"), re.M)
    words = {
        code: (unit, set(re.findall(r"`(\w+)`", kinds)), re.findall(r"`(\w+)`", more))
        for code, unit, kinds, more in rows
    }
    assert words == {act.code: (act.unit, set(act.evidence), list(act.materials)) for act in ACTS.values()}
