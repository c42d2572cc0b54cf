"""The broker over folders: readers beside writers never meet half a message, whoever starts first."""

import threading
import time

from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

from config import celery  # noqa: F401 - it puts our transport in the place of kombu's

MESSAGES, WRITERS, PATIENCE_S = 40, 3, 60


def connection(folder):
    options = {
        "data_folder_in": f"{folder}/in",
        "data_folder_out": f"{folder}/in",
        "control_folder": f"{folder}/control",
    }
    return Connection("filesystem://localhost/", transport_options=options)


def test_our_transport_is_the_one_in_use():
    assert TRANSPORT_ALIASES["filesystem"] == "config.local_broker:Transport"


def test_every_message_arrives_once_and_whole(tmp_path):
    (tmp_path / "in").mkdir()
    with connection(tmp_path) as line:  # kombu's own memory of bindings is not made for threads
        line.SimpleQueue("fuzhou").close()
    expected = {f"{writer}/{n}" for writer in range(WRITERS) for n in range(MESSAGES)}
    got, broken, lock = [], [], threading.Lock()
    until = time.monotonic() + PATIENCE_S

    def write(writer):
        with connection(tmp_path) as line:
            queue = line.SimpleQueue("fuzhou")
            for n in range(MESSAGES):
                queue.put({"id": f"{writer}/{n}", "padding": "x" * 20_000})

    def read():
        with connection(tmp_path) as line:
            queue = line.SimpleQueue("fuzhou")
            while len(got) < len(expected) and not broken and time.monotonic() < until:
                try:
                    message = queue.get(block=False)
                except queue.Empty:
                    continue
                except ValueError as error:  # what half a message looks like
                    broken.append(str(error))
                    return
                message.ack()
                with lock:
                    got.append(message.payload["id"])

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    threads += [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert sorted(got) == sorted(expected)
