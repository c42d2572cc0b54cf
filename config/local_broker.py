"""The broker that needs no server, mended: a message or an exchange appears as a whole or not at all.

kombu's filesystem transport opens a file, locks it and then writes. A reader that comes between the opening and the
lock takes an empty file, and the worker ends with a JSON error. Here everything is written under another name and then
renamed.
"""

import os
import uuid
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

NAME = "filesystem"


class Channel(filesystem.Channel):
    """kombu's channel over folders, with whole files only."""

    # kombu names the second parameter differently in its two base classes.
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(os.path.join(self.data_folder_out, name), dumps(payload))

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        file = self._exchange_file(exchange)
        self.control_folder.mkdir(exist_ok=True)
        wanted = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (self.control_folder / "bind.lock").open("a") as guard:
            filesystem.lock(guard, filesystem.LOCK_EX)
            known = self.get_table(exchange)
            if wanted not in known:
                _write_whole(str(file), dumps([wanted, *known]))


class Transport(filesystem.Transport):
    """kombu's transport over folders, with the channel above."""

    Channel = Channel


def _write_whole(path: str, text: str) -> None:
    """Let ``text`` appear at ``path`` in one step; ".part" ends no name that a reader looks for."""
    draft = f"{path}.{uuid.uuid4().hex}.part"
    with open(draft, "wb") as file:
        file.write(str_to_bytes(text))
    os.replace(draft, path)
