"""Looks an archive over before anything is unpacked, and unpacks what it names. Runs in the limited child."""

import stat
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from gep.files.refusals import Refused

ZIP_MAGIC = b"PK\x03\x04"
ARCHIVE_MAGIC = (
    ZIP_MAGIC, b"PK\x05\x06", b"PK\x07\x08", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd", b"MSCF",
)  # fmt: skip
ARCHIVE_ENDINGS = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst", ".kmz", ".cab", ".jar")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LITTLE = 1 << 20  # below this a member may be as compressible as it likes
UTF8_NAME, ENCRYPTED = 0x800, 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its name as people wrote it, and its sizes as the archive states them."""

    name: str
    size: int
    packed: int
    info: zipfile.ZipInfo


def opened(path: Path) -> zipfile.ZipFile:
    """Return the zip at ``path``. Raises Refused: not_an_archive, archive_of_other_kind, archive_broken."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head.startswith(ZIP_MAGIC):
        kind = "archive_of_other_kind" if head.startswith(ARCHIVE_MAGIC) else "not_an_archive"
        raise Refused(kind, "a zip is asked for")
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OverflowError, OSError, UnicodeDecodeError, NotImplementedError) as error:
        raise Refused("archive_broken", str(error)[:200]) from None


def listed(archive: zipfile.ZipFile, *, path: Path, limits: Mapping[str, Any]) -> list[Member]:
    """Return the members, folders left out, once none of them is dangerous. Nothing is unpacked.

    Raises Refused: archive_too_many_members, archive_too_large, archive_ratio, archive_unsafe_name, archive_link,
    archive_nested, archive_encrypted, archive_method, archive_name_twice, archive_broken.
    """
    infos = archive.infolist()
    if len(infos) > limits["members"]:
        raise Refused("archive_too_many_members", f"{len(infos)}, at most {limits['members']}")
    members = [Member(_name(info), info.file_size, info.compress_size, info) for info in infos if not info.is_dir()]
    for member in members:
        _check_member(member, limits=limits)
    total, packed = sum(m.size for m in members), sum(m.packed for m in members)
    if total > limits["unpacked_bytes"]:
        raise Refused("archive_too_large", f"{total} bytes unpacked, at most {limits['unpacked_bytes']}")
    if packed > path.stat().st_size:
        raise Refused("archive_broken", "its members overlap")
    if total > limits["ratio"] * max(packed, 1) and total > LITTLE:
        raise Refused("archive_ratio", f"{total} bytes from {packed}")
    names = [member.name.lower() for member in members]
    if len(set(names)) != len(names):
        raise Refused("archive_name_twice", next(name for name in names if names.count(name) > 1)[:80])
    return members


def unpack(
    archive: zipfile.ZipFile, members: Sequence[Member], *, into: Path, limits: Mapping[str, Any]
) -> dict[str, Path]:
    """Write the members flat into a folder under names of ours; return the paths by their own names.

    What comes out is counted, whatever the archive states. Raises Refused: archive_too_large, archive_nested,
    archive_broken.
    """
    found: dict[str, Path] = {}
    left = limits["unpacked_bytes"]
    for place, member in enumerate(members):
        target = into / f"member-{place}{PurePosixPath(member.name).suffix.lower()[:8]}"
        try:
            with archive.open(member.info) as source, target.open("wb") as sink:
                while part := source.read(1 << 20):
                    if not sink.tell() and part.startswith(ARCHIVE_MAGIC):
                        raise Refused("archive_nested", member.name[:80])
                    left -= len(part)
                    if left < 0 or sink.tell() + len(part) > member.size:
                        raise Refused("archive_too_large", f"{member.name[:80]} holds more than it states")
                    sink.write(part)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise Refused("archive_broken", f"{member.name[:80]}: {error}"[:200]) from None
        found[member.name] = target
    return found


def _check_member(member: Member, *, limits: Mapping[str, Any]) -> None:
    info = member.info
    path = PurePosixPath(member.name)
    unsafe = path.is_absolute() or ".." in path.parts or member.name[1:2] == ":" or "\0" in info.orig_filename
    if unsafe or any(ord(letter) < 32 for letter in member.name) or not path.name:
        raise Refused("archive_unsafe_name", repr(member.name)[:80])
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Refused("archive_link", member.name[:80])
    if info.flag_bits & ENCRYPTED:
        raise Refused("archive_encrypted", member.name[:80])
    if info.compress_type not in METHODS:
        raise Refused("archive_method", f"{member.name[:80]}: {info.compress_type}")
    if path.name.lower().endswith(ARCHIVE_ENDINGS):
        raise Refused("archive_nested", member.name[:80])
    if member.size > limits["ratio"] * max(member.packed, 1) and member.size > LITTLE:
        raise Refused("archive_ratio", f"{member.name[:80]}: {member.size} bytes from {member.packed}")


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was written: zips made in China hold GB18030 bytes and do not say so. Separators become /."""
    name = info.orig_filename
    if not info.flag_bits & UTF8_NAME:
        raw = name.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")
