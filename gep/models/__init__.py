"""The tables of the app: parcels and their history, the catalogue, runs, and the accounts they make."""

from gep.models.accounts import AccountTotal, ParcelAccount
from gep.models.datasets import Dataset, DatasetKind, DatasetPart, DatasetStatus
from gep.models.parcels import EARLIEST, LoadState, Parcel, ParcelLineage, ParcelLoad
from gep.models.runs import (
    NEXT_STATUSES,
    BlockState,
    Run,
    RunBlock,
    RunFile,
    RunInput,
    RunKind,
    RunStatus,
)

__all__ = [
    "EARLIEST",
    "NEXT_STATUSES",
    "AccountTotal",
    "BlockState",
    "Dataset",
    "DatasetKind",
    "DatasetPart",
    "DatasetStatus",
    "LoadState",
    "Parcel",
    "ParcelAccount",
    "ParcelLineage",
    "ParcelLoad",
    "Run",
    "RunBlock",
    "RunFile",
    "RunInput",
    "RunKind",
    "RunStatus",
]
