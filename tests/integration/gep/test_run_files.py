"""The files of a run: the same figures as the run's own, to the fen; written once."""

import json

import pytest

from gep import queries, run_files, run_queries, run_work, storage
from gep.models import RunFile
from tests.integration.gep.test_runs import AT, ask


@pytest.fixture
def compiled(db, tmp_path):
    code = ask(tmp_path)
    run_work.drain(code, as_of=AT)
    return code


def test_the_files_of_a_run_say_what_the_run_says(compiled, tmp_path):
    import pyarrow.parquet as arrow_parquet

    run_files.write(compiled, as_of=AT)
    files = {file.name: file for file in run_queries.files(compiled)}
    assert {"parcels.parquet", "parcels.gpkg", "accounts.xlsx", "report.pdf", "summary.json"} <= set(files)
    summary = json.loads(storage.get_bytes(files["summary.json"].digest))
    assert summary["total_fen"] == queries.account(compiled).total_fen > 0
    assert summary["parcels"] == 4
    (tmp_path / "p.parquet").write_bytes(storage.get_bytes(files["parcels.parquet"].digest))
    table = arrow_parquet.read_table(tmp_path / "p.parquet")
    assert sum(table["total_fen"].to_pylist()) == summary["total_fen"]


def test_files_are_written_once(compiled):
    run_files.write(compiled, as_of=AT)
    before = list(RunFile.objects.values_list("pk", "digest"))
    run_files.write(compiled, as_of=AT)
    assert list(RunFile.objects.values_list("pk", "digest")) == before
