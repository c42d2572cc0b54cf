"""A server that speaks S3, as a child process on a free port of this machine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

BUCKET = "gep-objects"
KEYS = {"access_key": "a-test-key", "secret_key": "a-test-secret"}


@contextmanager
def s3_server() -> Iterator[str]:
    """Run the server with an empty bucket; give its STORAGE_URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = {**os.environ, "MOTO_S3_CUSTOM_ENDPOINTS": f"http://127.0.0.1:{port}"}
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, child)
        _client(port).create_bucket(Bucket=BUCKET)
        yield f"s3://{BUCKET}/accounts?endpoint=http://127.0.0.1:{port}&region=us-east-1"
    finally:
        child.kill()
        child.wait()


def _wait(port: int, child: subprocess.Popen) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert child.poll() is None, "the S3 server ended"
            time.sleep(0.1)
    raise AssertionError("the S3 server did not answer")


def _client(port: int):
    import boto3

    return boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
        aws_access_key_id=KEYS["access_key"], aws_secret_access_key=KEYS["secret_key"],
    )  # fmt: skip
