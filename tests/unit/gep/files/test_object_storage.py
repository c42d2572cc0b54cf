"""Layers in an object storage are read through GDAL's own reader, window by window, as those on a disk."""

import numpy as np
import pytest

from gep.files import raster_stacks
from tests.unit.gep import landscapes

KEYS = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "of-a-test", "REGION_NAME": "us-east-1"}


@pytest.fixture
def server(monkeypatch):
    """An S3-speaking server on a free port, and an empty bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(port=0)
    running.start()
    host, port = running.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="reader",
                          aws_secret_access_key="of-a-test")  # fmt: skip
    client.create_bucket(Bucket="layers")
    yield client, f"{host}:{port}"
    running.stop()


def test_a_stack_over_objects_reads_what_a_stack_over_files_reads(tmp_path, server):
    client, address = server
    paths = landscapes.write_layers(tmp_path)
    for name, path in paths.items():
        client.upload_file(str(path), "layers", f"{name}.tif")
    environment = KEYS | {
        "AWS_S3_ENDPOINT": address, "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE", "GDAL_HTTP_TIMEOUT": "5",
    }  # fmt: skip
    remote = raster_stacks.open_stack({name: f"/vsis3/layers/{name}.tif" for name in paths}, environment=environment)
    local = raster_stacks.open_stack(paths)
    assert remote.grid == local.grid
    asked = {"rows": slice(-1, 7), "columns": slice(2, 9)}
    found, expected = remote.window(**asked), local.window(**asked)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
