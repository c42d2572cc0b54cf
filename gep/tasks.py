"""The work of the app that outlives a request."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from core import jobs
from gep import datasets, parcel_loads, run_files, run_work

LOAD_LEASE = timedelta(hours=2)  # a county of half a million parcels, on SQLite, with room
BLOCK_LEASE = timedelta(seconds=settings.GEP_BLOCK_LEASE_SECONDS)


@jobs.handler("gep.check_dataset", atomic=False, lease=LOAD_LEASE)
def check_dataset(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Put an upload together and check it; once checked, again changes nothing."""
    datasets.check(payload["dataset"], as_of=as_of)


@jobs.handler("gep.load_parcels", atomic=False, lease=LOAD_LEASE)
def load_parcels(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Load the next county of a dataset of parcels; once loaded, again changes nothing."""
    parcel_loads.take_next(payload["load"], as_of=as_of)


@jobs.handler("gep.check_run", atomic=False)
def check_run(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Freeze the parcels of a run and cut it into blocks; once done, again changes nothing."""
    run_work.check(payload["run"], as_of=as_of)


@jobs.handler("gep.weigh_block", atomic=False, lease=BLOCK_LEASE)
def weigh_block(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Weigh one block of a run; once weighed, again changes nothing."""
    run_work.weigh_block(payload["run"], payload["block"], as_of=as_of)


@jobs.handler("gep.join_run", atomic=False)
def join_run(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Join the blocks of a run; once joined, again changes nothing."""
    run_work.join(payload["run"], as_of=as_of)


@jobs.handler("gep.write_run_files", atomic=False)
def write_run_files(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Write the files of a compiled run; once written, again changes nothing."""
    run_files.write(payload["run"], as_of=as_of)


@jobs.handler("gep.refuse_abandoned")
def refuse_abandoned(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Tell the runs apart that no worker could finish."""
    run_work.refuse_abandoned(as_of=as_of)


jobs.recurring("gep.refuse_abandoned", every=timedelta(minutes=1))
