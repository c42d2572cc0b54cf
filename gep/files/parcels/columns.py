"""The columns of the checked copy of a parcel file, and what the columns of the file itself are called."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

TEXTS = (
    "parcel_id", "county", "town_code", "town", "village_code", "village", "land_use", "ecosystem", "provenance"
)  # fmt: skip
BOUNDS = ("west_m", "south_m", "east_m", "north_m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the file calls its columns. One that is named here and is not in the file is refused; "" asks for none.

    Those with their default name may be missing, except for ``parcel_id``.
    """

    parcel_id: str = "code"
    county: str = "county"
    town_code: str = "town_code"
    town: str = "town"
    village_code: str = "village_code"
    village: str = "village"
    land_use: str = "land_use"
    ecosystem: str = "ecosystem"
    provenance: str = "provenance"
    official_area_m2: str = "area_m2"
    synthetic: str = "synthetic"

    def as_dict(self) -> dict[str, str]:
        """Return the file's names by ours."""
        return asdict(self)


DEFAULTS = Columns().as_dict()


def schema(crs: str) -> "pa.Schema":
    """The Arrow schema of the checked copy: texts "" and official area NaN where missing, geometry as WKB."""
    import pyarrow as pa

    fields: list[Any] = [(name, pa.string()) for name in TEXTS]
    fields += [("official_area_m2", pa.float64()), ("synthetic", pa.bool_())]
    fields += [(name, pa.float64()) for name in BOUNDS]
    return pa.schema([*fields, ("geometry", pa.large_binary())], metadata={"crs": crs})
