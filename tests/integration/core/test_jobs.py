"""A job is done once in effect, whoever runs it and however often."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import jobs, tasks
from core.models import Event, IdempotencyKey, Job

T0 = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


@pytest.fixture
def handle(monkeypatch):
    """Register handlers for this test alone."""
    jobs.discover()
    monkeypatch.setattr(jobs, "_handlers", {})
    monkeypatch.setattr(jobs, "_recurring", {})
    return jobs.handler


@pytest.fixture
def ran(handle):
    """The payloads that the handler of "count" was given."""
    payloads = []
    handle("count")(lambda payload, *, as_of: payloads.append((payload, as_of)))
    return payloads


def job(cause_key="a", kind="count"):
    return Job.objects.get(kind=kind, cause_key=cause_key)


@pytest.mark.django_db
def test_a_due_job_is_run_once(ran):
    jobs.enqueue("count", cause_key="a", payload={"n": 1}, due_at=T0)
    assert jobs.run_due(as_of=T0) == 1
    assert jobs.run_due(as_of=T0) == 0
    assert ran == [({"n": 1}, T0)]
    assert (job().state, job().attempts, job().lease_until) == ("done", 1, None)


@pytest.mark.django_db
def test_the_same_cause_again_is_nothing(ran):
    jobs.enqueue("count", cause_key="a", payload={"n": 1}, due_at=T0)
    jobs.enqueue("count", cause_key="a", payload={"n": 2}, due_at=T0)
    assert jobs.run_due(as_of=T0) == 1
    jobs.enqueue("count", cause_key="a", payload={"n": 3}, due_at=T0)
    assert jobs.run_due(as_of=T0) == 0
    assert ran == [({"n": 1}, T0)]


@pytest.mark.django_db
def test_a_job_waits_until_it_is_due_and_for_its_handler(ran):
    jobs.enqueue("count", cause_key="later", payload={}, due_at=T0 + timedelta(seconds=1))
    jobs.enqueue("unheard of", cause_key="a", payload={}, due_at=T0)
    assert jobs.run_due(as_of=T0) == 0
    assert jobs.run_due(as_of=T0 + timedelta(seconds=1)) == 1
    assert job("a", "unheard of").state == "queued"


@pytest.mark.django_db
def test_a_rolled_back_business_transaction_leaves_no_job(ran):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.enqueue("count", cause_key="a", payload={}, due_at=T0)
        raise ZeroDivisionError
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_failing_job_waits_longer_each_time_and_is_given_up_after_eight_attempts(handle):
    @handle("break")
    def fail(payload, *, as_of):
        Job.objects.create(kind="trace", cause_key=str(as_of), payload={}, due_at=as_of)
        raise ValueError("no such file")

    jobs.enqueue("break", cause_key="a", payload={}, due_at=T0)
    waited, now = [], T0
    for _ in range(7):
        assert jobs.run_due(as_of=now) == 1
        assert jobs.run_due(as_of=now) == 0
        waited.append((job(kind="break").due_at - now).total_seconds())
        now = job(kind="break").due_at
    assert jobs.run_due(as_of=now) == 1
    least = [5, 10, 20, 40, 80, 160, 320]
    assert [low <= wait <= 2 * low for low, wait in zip(least, waited, strict=True)] == [True] * 7
    buried = job(kind="break")
    assert (buried.state, buried.attempts, buried.last_error) == ("dead", 8, "ValueError: no such file")
    assert not Job.objects.filter(kind="trace").exists()
    told = Event.objects.get(kind="job.dead")
    assert told.detail == {"kind": "break", "cause_key": "a", "attempts": 8}
    assert jobs.run_due(as_of=now + timedelta(days=1)) == 0


@pytest.mark.django_db
def test_the_job_of_a_killed_worker_is_taken_over_when_its_lease_is_over(ran):
    jobs.enqueue("count", cause_key="a", payload={}, due_at=T0)
    assert jobs._claim(jobs._claimable(T0)) is not None  # the worker that is killed here
    assert jobs.run_due(as_of=T0) == 0
    Job.objects.update(lease_until=T0)
    assert jobs.run_due(as_of=T0) == 1
    assert (job().state, job().attempts) == ("done", 2)


@pytest.mark.django_db
def test_a_worker_that_outlives_its_lease_leaves_no_effect(handle):
    @handle("slow")
    def work(payload, *, as_of):
        Job.objects.create(kind="effect", cause_key="x", payload={}, due_at=as_of)
        Job.objects.filter(kind="slow").update(lease_token="of another worker")

    jobs.enqueue("slow", cause_key="a", payload={}, due_at=T0)
    assert jobs.run_due(as_of=T0, limit=1) == 1
    assert not Job.objects.filter(kind="effect").exists()
    assert job(kind="slow").state == "running"


@pytest.mark.django_db
def test_a_job_that_kills_every_worker_is_given_up(ran):
    jobs.enqueue("count", cause_key="a", payload={}, due_at=T0)
    Job.objects.update(state="running", attempts=8, lease_until=T0, lease_token="t")
    assert jobs.run_due(as_of=T0) == 0
    assert (job().state, job().last_error) == ("dead", "the worker died in every attempt")
    assert ran == []


@pytest.mark.django_db
def test_an_interrupted_job_goes_back_without_a_lost_attempt(handle):
    @handle("interrupted")
    def work(payload, *, as_of):
        raise KeyboardInterrupt

    jobs.enqueue("interrupted", cause_key="a", payload={}, due_at=T0)
    with pytest.raises(KeyboardInterrupt):
        jobs.run_due(as_of=T0)
    back = job(kind="interrupted")
    assert (back.state, back.attempts, back.lease_until) == ("queued", 0, None)


@pytest.mark.django_db
def test_long_work_commits_its_steps_as_it_goes(handle):
    @handle("steps", atomic=False)
    def work(payload, *, as_of):
        Job.objects.get_or_create(kind="step", cause_key="1", defaults={"payload": {}, "due_at": as_of})
        raise ValueError("after the first step")

    jobs.enqueue("steps", cause_key="a", payload={}, due_at=T0)
    jobs.run_due(as_of=T0)
    assert Job.objects.filter(kind="step").count() == 1
    assert job(kind="steps").state == "queued"


@pytest.mark.django_db
def test_two_schedulers_make_one_job_per_period(ran):
    jobs.recurring("count", timedelta(days=1))
    # 2026-03-01 12:00 in Fuzhou; the day there began at 16:00 UTC of the day before.
    for _ in range(2):
        jobs.enqueue_recurring(as_of=T0)
    assert jobs.run_due(as_of=T0) == 1
    assert ran == [({"period_start": "2026-03-01T00:00:00+08:00"}, T0)]
    assert jobs.run_due(as_of=T0 + timedelta(hours=11, minutes=59)) == 0
    assert jobs.run_due(as_of=T0 + timedelta(hours=12)) == 1


@pytest.mark.django_db
def test_due_jobs_are_offered_once_a_minute_until_they_are_run(ran):
    jobs.enqueue("count", cause_key="a", payload={}, due_at=T0)
    offered = []
    assert jobs.offer_due(offered.append, as_of=T0) == 1
    assert jobs.offer_due(offered.append, as_of=T0) == 0
    Job.objects.update(offered_until=T0)
    assert jobs.offer_due(offered.append, as_of=T0) == 1
    assert offered == [job().pk, job().pk]
    assert jobs.run_one(job().pk, as_of=T0) is True
    assert jobs.run_one(job().pk, as_of=T0) is False
    assert len(ran) == 1


@pytest.mark.django_db
def test_a_job_that_the_broker_did_not_take_is_offered_again(ran):
    def refused(job_id):
        raise ConnectionRefusedError

    jobs.enqueue("count", cause_key="a", payload={}, due_at=T0)
    with pytest.raises(ConnectionRefusedError):
        jobs.offer_due(refused, as_of=T0)
    offered = []
    assert jobs.offer_due(offered.append, as_of=T0) == 1


@pytest.fixture
def dead_job(ran):
    jobs.enqueue("count", cause_key="a", payload={"n": 1}, due_at=T0)
    Job.objects.update(state="dead", attempts=8, finished_at=T0, last_error="ValueError: x")
    return job().pk


@pytest.mark.django_db
def test_dead_jobs_are_listed(dead_job, capsys):
    call_command("jobs", "--dead")
    assert capsys.readouterr().out.splitlines() == [
        f"{dead_job}\tcount\ta\t2026-03-01 04:00\tValueError: x",
        "1 dead jobs",
    ]


@pytest.mark.django_db
def test_a_dead_job_is_retried_by_hand(dead_job, ran):
    call_command("jobs", "--retry", str(dead_job))
    assert Event.objects.get(kind="job.retried").detail["cause_key"] == "a"
    assert jobs.run_due(as_of=job().due_at) == 1
    assert (ran[0][0], job().state) == ({"n": 1}, "done")
    with pytest.raises(CommandError):
        call_command("jobs", "--retry", str(dead_job))


@pytest.mark.django_db
def test_a_dead_job_is_discarded_for_a_reason(dead_job, ran):
    with pytest.raises(CommandError):
        call_command("jobs", "--discard", str(dead_job))
    call_command("jobs", "--discard", str(dead_job), "--reason", "partner withdrew the batch")
    assert Event.objects.get(kind="job.discarded").detail["reason"] == "partner withdrew the batch"
    assert (job().state, jobs.dead(), jobs.run_due(as_of=T0 + timedelta(days=9))) == ("discarded", [], 0)


@pytest.mark.django_db
def test_recurring_jobs_are_looked_up_by_kind(ran):
    jobs.recurring("count", timedelta(seconds=1))
    with CaptureQueriesContext(connection) as run:
        jobs.enqueue_recurring(as_of=T0)
    assert '"kind" IN' in run[0]["sql"]


@pytest.mark.django_db
def test_what_ended_30_days_ago_is_pruned_and_the_rest_stays(ran):
    for key, state, days in (("old", "done", 31), ("new", "done", 29), ("dead", "dead", 99)):
        Job.objects.create(
            kind="count", cause_key=key, payload={}, due_at=T0, state=state, finished_at=T0 - timedelta(days=days)
        )
    Job.objects.create(kind="count", cause_key="waiting", payload={}, due_at=T0 - timedelta(days=99))
    for key, days in (("old", 31), ("new", 29)):
        answer = IdempotencyKey.objects.create(
            caller="key/x", key=key, fingerprint="0" * 64, status=200, headers={}, body=b"", body_digest="0" * 64
        )
        IdempotencyKey.objects.filter(pk=answer.pk).update(created_at=T0 - timedelta(days=days))
    tasks.prune({}, as_of=T0)
    assert set(Job.objects.values_list("cause_key", flat=True)) == {"new", "dead", "waiting"}
    assert IdempotencyKey.objects.get().key == "new"
