"""Runs cut into blocks: followed, stopped, taken up again; identical whoever weighs what, in whatever order."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection

from config.storages import storage_settings
from core import jobs
from core.models import Job
from gep import accounts, intake, queries, run_engine, run_queries, run_work, runs, storage
from gep.models import ParcelAccount, Run, RunBlock, RunKind
from identity import roles
from identity.people import register_user
from tests.integration.gep.object_store import KEYS, s3_server
from tests.unit.gep import landscapes

AT = datetime(2025, 3, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def analyst(db):
    return register_user("analyst", "a long password 27", at=AT, roles=("analyst",))


@pytest.fixture
def requested(db, tmp_path, settings):
    """A run of four blocks, a parcel each."""
    settings.GEP_BLOCK_PARCELS = 1
    return ask(tmp_path)


def ask(folder, **wanted):
    intake.load_parcels(landscapes.write_parcels(folder / "parcels.gpkg"))
    said = {"region": "361028", "year": 2024, "price_year": 2024, "at": AT} | wanted
    return accounts.request(layers=landscapes.write_layers(folder), **said).code


def figures():
    """Every figure that any run left, by parcel."""
    rows = ParcelAccount.objects.order_by("parcel__code").values_list("parcel__code", "total_fen", "figures")
    return {code: (fen, figures) for code, fen, figures in rows}


def test_any_cut_and_any_order_gives_the_same_fen(tmp_path, db, settings):
    found = []
    for size, order in ((4, [0]), (3, [1, 0]), (1, [2, 0, 3, 1])):
        settings.GEP_BLOCK_PARCELS = size
        code = ask(tmp_path)
        run_work.check(code, as_of=AT)
        assert RunBlock.objects.filter(run__code=code).count() == len(order)
        for number in order:
            run_work.weigh_block(code, number, as_of=AT)
        run_work.join(code, as_of=AT)
        totals = queries.indicator_totals(code).to_dict("records")
        found.append((queries.account(code).total_fen, totals, figures()))
        ParcelAccount.objects.all().delete()
        Run.objects.get().totals.all().delete()
        Run.objects.all().delete()
    assert found[0][0] > 0
    assert found[0] == found[1] == found[2]


def test_jobs_drain_a_run_and_tell_how_far_it_is(requested):
    assert run_queries.progress(requested, at=AT).share == 0
    jobs.run_one(Job.objects.get(kind="gep.check_run").pk, as_of=AT)
    told = run_queries.progress(requested, at=AT)
    assert (told.status, told.stage, told.blocks) == ("running", "blocks", 4)
    assert (told.blocks_done, told.remaining_s) == (0, None)
    for job in Job.objects.filter(kind="gep.weigh_block").order_by("-pk")[:2]:
        jobs.run_one(job.pk, as_of=AT)
    told = run_queries.progress(requested, at=AT + timedelta(seconds=90))
    assert (told.blocks_done, told.share, told.remaining_s) == (2, 0.45, 110.0)  # 90 s for 45 %
    jobs.run_due(as_of=AT)
    told = run_queries.progress(requested, at=AT)
    assert (told.status, told.stage, told.share, told.blocks_done) == ("compiled", "done", 1.0, 4)
    assert Job.objects.filter(kind="gep.join_run").count() == 1


def test_a_run_that_is_stopped_keeps_its_blocks_and_goes_on_from_there(requested, analyst, monkeypatch):
    run_work.check(requested, as_of=AT)
    run_work.weigh_block(requested, 0, as_of=AT)
    assert runs.cancel(requested, by=analyst, at=AT).status == "cancelled"
    run_work.weigh_block(requested, 1, as_of=AT)  # a job that was under way finds nothing to do
    run_work.join(requested, as_of=AT)
    assert RunBlock.objects.filter(state="done").count() == 1
    weighed = []
    usual = run_engine.weigh
    monkeypatch.setattr(run_engine, "weigh", lambda run, number: weighed.append(number) or usual(run, number))
    assert runs.resume(requested, by=analyst, at=AT).status == "running"
    jobs.run_due(as_of=AT)
    assert sorted(weighed) == [1, 2, 3]
    assert run_queries.run(requested).status == "compiled"
    for step in (runs.cancel, runs.resume):
        with pytest.raises(runs.RunStepNotPossible):
            step(requested, by=analyst, at=AT)


def test_a_block_that_cannot_be_weighed_refuses_the_run_with_its_sentence(requested, analyst, monkeypatch):
    def broken(run, number):
        raise LookupError("prices has no row for 'carbon'")

    monkeypatch.setattr(run_engine, "weigh", broken)
    jobs.run_due(as_of=AT)
    found = run_queries.run(requested)
    assert (found.status, found.refusal) == ("refused", "prices has no row for 'carbon'")
    monkeypatch.undo()
    runs.resume(requested, by=analyst, at=AT)
    jobs.run_due(as_of=AT)
    assert run_queries.run(requested).status == "compiled"


def test_a_block_that_every_worker_dies_of_does_not_keep_the_run_for_ever(requested):
    jobs.run_one(Job.objects.get(kind="gep.check_run").pk, as_of=AT)
    job = Job.objects.filter(kind="gep.weigh_block").first()
    Job.objects.filter(pk=job.pk).update(state="dead", attempts=8, finished_at=AT, last_error="killed")
    assert run_work.refuse_abandoned(as_of=AT) == 1
    assert "given up after 8 attempts: gep.weigh_block" in run_queries.run(requested).refusal
    assert run_work.refuse_abandoned(as_of=AT) == 0


def test_only_analysts_of_the_region_steer_a_run(requested):
    stranger = register_user("elsewhere", "a long password 27", at=AT, roles=("analyst",), region="361027")
    wanted = runs.Wanted(region="361028", year=2024, price_year=2024, datasets=run_queries.run(requested).datasets)
    steps = (
        lambda: runs.request(wanted, at=AT, by=stranger),
        lambda: runs.cancel(requested, by=stranger, at=AT),
        lambda: runs.resume(requested, by=stranger, at=AT),
        lambda: runs.start(requested, by=stranger, at=AT),
    )
    for step in steps:
        with pytest.raises(roles.RoleMissing):
            step()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"datasets": {}}, "datasets"),
        ({"datasets": {"land_cover": "none"}}, "datasets/land_cover"),
        ({"datasets": {"magic": "x", "land_cover": "x"}}, "datasets"),
        ({"profile": "none"}, "profile"),
        ({"switches": {"magic": 1}}, "profile"),
        ({"draws": 10_001}, "draws"),
        ({"kind": "scenario"}, "changes"),
        ({"kind": "scenario", "changes": {"land_use": {"361028-0": "0301"}}}, "base"),
        ({"changes": {"land_use": {"361028-0": "0301"}}}, "changes"),
        ({"base": "none"}, "base"),
        ({"revises": "none", "revision_reason": "x"}, "revises"),
    ],
)
def test_a_run_that_cannot_be_is_refused_by_its_field(requested, changes, field):
    wanted = {"region": "361028", "year": 2024, "price_year": 2024, "datasets": run_queries.run(requested).datasets}
    with pytest.raises(runs.RunNotDescribed) as refused:
        runs.request(runs.Wanted(**wanted | changes), at=AT)
    assert refused.value.detail["field"] == field


def test_a_damaged_block_is_told_and_never_joined(requested):
    run_work.check(requested, as_of=AT)
    for number in range(4):
        run_work.weigh_block(requested, number, as_of=AT)
    digest = RunBlock.objects.get(number=2).result
    path = Path(storages["objects"].path(f"{digest[:2]}/{digest}"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(storage.ObjectDamaged):
        run_work.join(requested, as_of=AT)
    assert ParcelAccount.objects.count() == 0


def database_url():
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    host = f"{settings['USER']}:{settings['PASSWORD']}@{settings['HOST'] or '127.0.0.1'}:{settings['PORT'] or 5432}"
    return f"postgresql://{host}/{settings['NAME']}"


@contextmanager
def worker(url, folder, *flag):
    """A worker in a process group of its own, which is ended with the block."""
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "DATABASE_URL": database_url(),
        "STORAGE_URL": url, "S3_ACCESS_KEY_ID": KEYS["access_key"], "S3_SECRET_ACCESS_KEY": KEYS["secret_key"],
        "GEP_BLOCK_LEASE_SECONDS": "2", "VAR_DIR": str(folder / "var"), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.integration.gep.block_worker", *flag]
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, start_new_session=True)
    try:
        yield child
    finally:
        if child.poll() is None:
            os.killpg(child.pid, 9)
        child.wait()


@pytest.mark.parametrize("kind", ["folder", pytest.param("s3", marks=pytest.mark.long)])
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_mid_block_costs_that_block_only(kind, tmp_path, settings):
    with s3_server() if kind == "s3" else _folder(tmp_path) as url:
        settings.STORAGES = {**settings.STORAGES, "objects": storage_settings(url, default_folder=tmp_path, **KEYS)}
        settings.GEP_BLOCK_PARCELS = 1
        code = ask(tmp_path)
        run_work.check(code, as_of=AT)
        flag = tmp_path / "held"
        with worker(url, tmp_path, str(flag)) as first, worker(url, tmp_path) as second:
            for _ in range(600):
                if flag.exists():
                    break
                time.sleep(0.1)
            os.killpg(first.pid, 9)
            assert second.wait(timeout=90) == 0, second.stderr.read().decode()[-2000:]
        assert run_queries.run(code).status == "compiled"
        attempts = {job.payload["block"]: job.attempts for job in Job.objects.filter(kind="gep.weigh_block")}
        assert attempts == {0: 1, 1: 1, 2: 1, 3: 1} | {int(flag.read_text()): 2}
        by_two = (queries.account(code).total_fen, figures())
    assert by_two[0] == alone(tmp_path, settings)


def alone(folder, settings):
    """What one process finds by itself, in another cut, in a folder."""
    settings.STORAGES = {**settings.STORAGES, "objects": storage_settings("", default_folder=folder / "alone")}
    settings.GEP_BLOCK_PARCELS = 3
    code = ask(folder, price_year=2024, switches={"clip_negative": True})  # another run, of the same figures here
    return accounts.compile(code, as_of=AT).total_fen


@contextmanager
def _folder(path):
    yield (path / "objects").as_uri()


def test_a_project_unit_takes_no_share_of_a_county(db):
    stated = {"statistics": {"sha256": "0" * 64, "suffix": ".csv"}}
    unit = Run(
        kind=RunKind.PROJECT, region="361028", year=2024, price_year=2024, profile="GBT46869_2025", inputs=stated
    )
    assert run_engine._stated(unit).products == frozenset()
    unit.kind = RunKind.ACCOUNT
    with pytest.raises(storage.ObjectMissing):  # an account of the region reads them
        run_engine._stated(unit)
