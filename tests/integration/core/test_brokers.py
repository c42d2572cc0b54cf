"""The queue with real brokers and a real worker, which is killed; and with brokers that are dead or mute."""

import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now

from core import jobs
from core.models import Job
from tests.integration.core import worker_app  # noqa: F401 - registers the kinds of jobs here too

ROOT = Path(__file__).resolve().parents[3]
T0 = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
BROKERS = {
    "filesystem": "filesystem://",
    "redis": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/5"),
    "rabbitmq": os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//"),
}
PATIENCE_S = 60
PUBLISH = "from core.tasks import hand_over_due_jobs; print('offered', hand_over_due_jobs())"
FORGET = """
from config.celery import app
with app.connection_for_write() as broker:
    app.amqp.queues[app.conf.task_default_queue](broker.default_channel).delete()
"""
pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]


def database_url():
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    host = f"{settings['USER']}:{settings['PASSWORD']}@{settings['HOST'] or '127.0.0.1'}:{settings['PORT'] or 5432}"
    return f"postgresql://{host}/{settings['NAME']}"


@pytest.fixture
def environment(tmp_path):
    """What the children see: this test's database, a queue and a folder of its own, and a short lease."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "QUEUE_OF_A_TEST": "yes",
        "CELERY_QUEUE": f"test-{uuid.uuid4().hex}",
        "JOB_LEASE_SECONDS": "3",
        "VAR_DIR": str(tmp_path / "var"),
        "PYTHONPATH": str(ROOT),
    }


def child(code, environment, *, timeout=PATIENCE_S):
    setup = "import django; django.setup(); import tests.integration.core.worker_app\n"
    return subprocess.run(
        [sys.executable, "-c", setup + code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout
    )


@contextmanager
def worker(environment, log):
    """A real worker; only its own process group is ended."""
    command = [sys.executable, "-m", "celery", "-A", "tests.integration.core.worker_app", "worker", "--pool", "prefork",
               "--concurrency", "1", "--loglevel", "info", "--without-mingle", "--without-gossip"]  # fmt: skip
    with open(log, "ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.wait(timeout=PATIENCE_S)


def wait_until(told, log):
    for _ in range(PATIENCE_S * 10):
        if told():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE_S} s in vain:\n{Path(log).read_text()[-3000:]}")


def state(kind):
    return Job.objects.get(kind=kind).state


@pytest.fixture(params=BROKERS)
def brokered(request, environment):
    """The environment with each broker in turn, its queue forgotten afterwards."""
    environment = {**environment, "BROKER_URL": BROKERS[request.param]}
    yield environment
    if request.param != "filesystem":
        child(FORGET, environment)


def test_a_worker_killed_in_mid_task_loses_nothing_and_doubles_nothing(brokered, tmp_path):
    """Traps T7 and T8: the saved row brings the work back, whatever the broker redelivers."""
    flag, log = tmp_path / "here", tmp_path / "worker.log"
    jobs.enqueue("test.leave-a-row", cause_key="a", payload={"name": "quick"}, due_at=T0)
    jobs.enqueue("test.stay-the-first-time", cause_key="b", payload={"name": "slow", "flag": str(flag)}, due_at=T0)
    offered = child(PUBLISH, brokered)
    assert offered.stdout.strip() == "offered 2", offered.stderr
    with worker(brokered, log) as first:
        wait_until(lambda: state("test.leave-a-row") == "done" and flag.exists(), log)
        kill(first)
    assert state("test.stay-the-first-time") == "running"
    wait_until(Job.objects.filter(kind="test.stay-the-first-time", lease_until__lt=Now()).exists, log)
    Job.objects.filter(kind="test.stay-the-first-time").update(offered_until=None)  # as a minute later
    assert child(PUBLISH, brokered).stdout.strip() == "offered 1"
    with worker(brokered, log):
        wait_until(lambda: state("test.stay-the-first-time") == "done", log)
    rows = Job.objects.filter(kind="test.row").values_list("cause_key", flat=True)
    assert sorted(row.split("/")[0] for row in rows) == ["quick", "slow"]


@contextmanager
def mute_server():
    """A server that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield server.getsockname()[1]


@contextmanager
def no_server():
    """A port on which nothing listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    yield port


@pytest.mark.parametrize("trouble", [no_server, mute_server])
@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_dead_or_mute_broker_delays_and_loses_nothing(environment, trouble, scheme):
    """Trap T9: who publishes gives up in seconds."""
    jobs.enqueue("test.leave-a-row", cause_key="a", payload={"name": "quick"}, due_at=T0)
    with trouble() as port:
        ended = child(PUBLISH, {**environment, "BROKER_URL": f"{scheme}://127.0.0.1:{port}//"}, timeout=45)
    assert ended.returncode == 1  # it gave up by itself, within the time that its sockets are given
    assert "OperationalError" in ended.stderr
    assert (state("test.leave-a-row"), Job.objects.get(kind="test.leave-a-row").offered_until) == ("queued", None)
    call_command("run_jobs")
    assert state("test.leave-a-row") == "done"
    assert Job.objects.filter(kind="test.row").count() == 1


def test_run_jobs_and_a_worker_side_by_side_do_each_job_once(environment, tmp_path):
    log = tmp_path / "worker.log"
    environment = {**environment, "BROKER_URL": "filesystem://"}
    for number in range(30):
        jobs.enqueue("test.leave-a-row", cause_key=str(number), payload={"name": str(number)}, due_at=T0)
    assert child(PUBLISH, environment).stdout.strip() == "offered 30"
    with worker(environment, log):
        call_command("run_jobs")
        wait_until(lambda: not Job.objects.filter(kind="test.leave-a-row").exclude(state="done").exists(), log)
    names = [key.split("/")[0] for key in Job.objects.filter(kind="test.row").values_list("cause_key", flat=True)]
    assert sorted(names, key=int) == [str(number) for number in range(30)]
    shutil.rmtree(environment["VAR_DIR"], ignore_errors=True)
