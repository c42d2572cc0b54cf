"""The demo from end to end at a smaller size, twice: the second run changes no figure."""

import json

import pytest
from django.core.management import call_command

from web.demo import behaviours

SECTIONS = ("gep", "greenpoints", "marketplace", "policy", "bookkeeping")


@pytest.fixture
def small_day(monkeypatch):
    monkeypatch.setattr(behaviours, "RESIDENTS", 300)
    monkeypatch.setattr(behaviours, "ROWS", 2_000)


def run(folder):
    call_command("demo")
    return json.loads((folder / "demo" / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.django_db(transaction=True)
def test_the_main_job_runs_and_a_second_run_changes_no_figure(small_day, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    first = run(tmp_path)
    assert first["gep"]["parcels"] == 15_342
    assert first["gep"]["total_fen"] == first["gep"]["parcels_sum_fen"] > 0
    assert (
        first["greenpoints"]["credited"] + sum(first["greenpoints"]["refused"].values()) == first["greenpoints"]["rows"]
    )
    assert {"same_event_id", "unknown_subject", "implausible_speed"} <= set(first["greenpoints"]["refused"])
    assert first["greenpoints"]["points_redeemed"] == 60
    assert first["marketplace"]["settled_fen"] == 68_000_000
    # 1 % of the price, see policy/programmes/demo-right-sale-bonus.yaml
    assert first["policy"]["paid_fen"] == first["policy"]["reconciled_fen"] == 680_000
    assert (first["bookkeeping"]["unbalanced"], first["bookkeeping"]["broken"]) == (0, 0)
    assert "资溪县" in (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")

    layers = tmp_path / "demo" / "layers"
    call_command("gep", "run", str(layers / "ACCOUNT.toml"), "--out", str(tmp_path / "files"), "--quiet")
    over_files = json.loads((tmp_path / "files" / "summary.json").read_text(encoding="utf-8"))
    assert over_files["total_fen"] == first["gep"]["total_fen"]  # with a database or without, to the fen

    second = run(tmp_path)
    assert [second[section] for section in SECTIONS] == [first[section] for section in SECTIONS]
