"""The suite: the database that DATABASE_URL names, tasks by hand, quick password hashes."""

import os
import tempfile
from pathlib import Path

from config.databases import SQLITE_PRAGMAS
from config.settings.local import *
from config.settings.local import DATABASES, STORAGES
from config.storages import storage_settings

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# No test cuts the power, so neither database waits for the disk.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: WAL and busy waiting are part of what is tested.
    DATABASES["default"]["TEST"] = {
        "NAME": str(Path(tempfile.gettempdir()) / f"fuzhou-test-{os.getpid()}.sqlite3"),
    }
    DATABASES["default"]["OPTIONS"]["init_command"] = SQLITE_PRAGMAS.format(synchronous="NORMAL")
else:
    # The pool would keep connections open over the end of a test; names are per run, so that two may go on at once.
    DATABASES["default"]["OPTIONS"].pop("pool")
    DATABASES["default"]["TEST"] = {"NAME": f"test_fuzhou_{os.getpid()}"}
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"

if not os.environ.get("STORAGE_URL"):
    OBJECTS_FOLDER = tempfile.TemporaryDirectory(prefix="fuzhou-test-objects-")  # gone when the run is
    STORAGES["objects"] = storage_settings("", default_folder=Path(OBJECTS_FOLDER.name))
