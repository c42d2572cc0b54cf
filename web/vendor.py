"""Copy the map, chart and page libraries from ``node_modules`` to ``web/static/vendor``.

Run by the set-up after ``npm ci``, with the standard library only: ``python -m web.vendor``.
Nothing of this is committed; ``vendor.json`` beside the files says what each one is.
"""

import hashlib
import json
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "web" / "static" / "vendor"

# Package: files in it, to the name each gets here. MapLibre looks for its worker beside itself.
FILES = {
    "maplibre-gl": {
        "dist/maplibre-gl.mjs": "maplibre-gl.mjs",
        "dist/maplibre-gl-shared.mjs": "maplibre-gl-shared.mjs",
        "dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
        "dist/maplibre-gl.css": "maplibre-gl.css",
    },
    "echarts": {"dist/echarts.common.min.js": "echarts.common.min.js"},
    "htmx.org": {"dist/htmx.min.js": "htmx.min.js"},
}
SOURCE_MAP_LINE = re.compile(rb"^[ \t]*(//|/\*)[#@]\s*sourceMappingURL=.*$\n?", re.MULTILINE)


@dataclass(frozen=True)
class VendoredFile:
    """One copied file: where it came from, its licence, and the digest of what stands in the folder."""

    file: str
    package: str
    version: str
    licence: str
    sha256: str


def without_source_map(content: bytes) -> bytes:
    """Return ``content`` without the lines that point to a source map; the hashing storage stops at such a line."""
    return SOURCE_MAP_LINE.sub(b"", content)


def copied(package: str, *, modules: Path = NODE_MODULES, folder: Path = VENDOR) -> list[VendoredFile]:
    """Copy the files of ``package`` into ``folder`` and return what was copied."""
    about = json.loads((modules / package / "package.json").read_text(encoding="utf-8"))
    rows = []
    for source, target in FILES[package].items():
        content = without_source_map((modules / package / source).read_bytes())
        (folder / target).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        rows.append(VendoredFile(target, package, about["version"], about["license"], digest))
    return rows


def vendor(*, modules: Path = NODE_MODULES, folder: Path = VENDOR) -> list[VendoredFile]:
    """Copy every file of ``FILES`` and write ``vendor.json``; raises SystemExit where ``npm ci`` has not run."""
    missing = [package for package in FILES if not (modules / package / "package.json").is_file()]
    if missing:
        raise SystemExit(f"{', '.join(missing)} not found in {modules.name}/: run npm ci first")
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for package in FILES for row in copied(package, modules=modules, folder=folder)]
    listing = json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False)
    (folder / "vendor.json").write_text(listing + "\n", encoding="utf-8")
    return rows


def main() -> int:
    """Vendor the files and print one line for each."""
    for row in vendor():
        sys.stdout.write(f"{row.file:28} {row.package} {row.version} ({row.licence}) {row.sha256[:12]}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
