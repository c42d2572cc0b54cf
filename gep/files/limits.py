"""How much a file may ask of us: strict for what strangers upload, wide for what an analyst opens on an own machine."""

from dataclasses import asdict, dataclass, replace

GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one file and of the child process that reads it."""

    features: int
    vertices: int
    vertices_each: int
    raster_bytes: int = 4 * GIB  # width * height * bands * bytes of an item
    block_cells: int = 4_096**2
    cells: int = 1_000_000  # of a sheet
    text_bytes: int = 64 * 2**20  # of a CSV
    members: int = 50  # of an archive
    unpacked_bytes: int = 500 * 2**20
    ratio: int = 100  # unpacked to packed
    depth: int = 16  # of brackets in a GeoJSON
    memory_bytes: int
    cpu_seconds: int
    wall_seconds: float
    written_bytes: int

    def as_dict(self) -> dict[str, float]:
        """Return the limits by name, for the message to the child."""
        return asdict(self)


UPLOAD = Limits(
    features=200_000,
    vertices=2_000_000,
    vertices_each=50_000,
    memory_bytes=3 * GIB // 2,
    cpu_seconds=60,
    wall_seconds=90,
    written_bytes=2 * GIB,
)
# Parcels are streamed into their copy: bytes and time bound them, not their number; three million are a city.
PARCELS_UPLOAD = replace(
    UPLOAD,
    features=20_000_000,
    vertices=1_000_000_000,
    unpacked_bytes=8 * GIB,
    memory_bytes=8 * GIB,  # of address space: the copy is mapped, and is not resident
    cpu_seconds=1_800,
    wall_seconds=3_600,
    written_bytes=16 * GIB,
)
COMMAND_LINE = Limits(
    features=10_000_000,
    vertices=1_000_000_000,
    vertices_each=1_000_000,
    raster_bytes=64 * GIB,
    unpacked_bytes=16 * GIB,
    memory_bytes=12 * GIB,  # of address space: files mapped into memory count here, and are not resident
    cpu_seconds=3_600,
    wall_seconds=7_200,
    written_bytes=64 * GIB,
)
