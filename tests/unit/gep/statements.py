"""A statement made by hand: four parcels near Zixi, water and crops, with figures that add up in the head."""

from dataclasses import replace

import numpy as np

from gep import methods
from gep.accounting import CompiledAccount, IndicatorResult, ParcelBlocks, Parcels, Total
from gep.accounting.class_sums import ClassAmounts
from gep.accounting.parcel_columns import ParcelColumns
from gep.accounting.terms import MAIN, Priced
from gep.outputs import Input, Statement
from gep.uncertainty import Driver, Interval, Simulation
from tests.unit.gep import landscapes

COUNTY = "361028"
CODES = np.array([f"{COUNTY}-{n}" for n in range(4)])
AREAS = {
    "village": np.array(["361028100001", "361028100001", "361028100002", "361028100002"]),
    "town": np.full(4, "361028100"),
    "county": np.full(4, COUNTY),
    "region": np.full(4, COUNTY),
}
# m³ at 7.06 yuan, and yuan; parcel 3 has no water figure, and 55 fen of crops found no parcel.
WATER_M3 = np.array([100.0, 200.0, 0.5, np.nan])
WATER_FEN = np.array([70_600, 141_200, 353, 0])
CROPS_FEN = np.array([0, 1_000, 20_000, 300_000])
UNALLOCATED_FEN = 55
WATER_TOTAL_FEN, CROPS_TOTAL_FEN, TOTAL_FEN = 212_153, 321_055, 533_208

SIMULATION = Simulation(
    physical={("water_retention", MAIN): Interval(280.25, 321.5, 300.5, 0.03)},
    value_fen={"crops": Interval(300_000.4, 340_000.6, 321_000, 0.03), "water_retention": Interval(1, 9, 5, 0.2)},
    county_fen={},
    total_fen=Interval(510_000.2, 560_000.7, 533_153, 0.02),
    drivers=(Driver("prices.reservoir", 0.75),),
    width_error=0.01,
    draws=1_000,
    seed=7,
)


def account() -> CompiledAccount:
    """The account of the four parcels, by a profile as if every cell of it were confirmed."""
    confirmed = replace(methods.profile("GBT46869_2025"), unconfirmed=())
    method = methods.Method(confirmed, region=COUNTY, year=2024, price_year=2010)
    method.price("reservoir")
    water = IndicatorResult(
        indicator="water_retention", variant="balance", unit="m3", quantity=WATER_M3, value_fen=WATER_FEN,
        coverage_share=np.array([1.0, 1.0, 0.5, 0.0]), parts={}, prices={MAIN: Priced(7.06, ("prices.reservoir",))},
        grade="B",
    )  # fmt: skip
    crops = IndicatorResult(
        indicator="crops", variant="statistics", unit="yuan", quantity=CROPS_FEN / 100, value_fen=CROPS_FEN,
        coverage_share=np.ones(4), parts={"rice_t": np.array([0.0, 1.0, 2.0, 3.5])}, prices={}, grade="A",
    )  # fmt: skip
    return CompiledAccount(
        parcels=ParcelColumns(
            codes=CODES, areas=AREAS, ecosystem=np.array(["111", "111", "511", "511"]),
            area_m2=np.array([7_700.0, 10_780.0, 10_300.0, 14_420.0]),
            geometric_area_m2=np.array([7_700.0, 10_780.0, 10_300.0, 14_420.0]),
            area_factor=np.full(4, np.nan), inside_share=np.array([1.0, 1.0, 1.0, 0.75]),
        ),
        results={"crops": crops, "water_retention": water},
        pending={"soil_retention": ("dem_m", "vegetation_cover")},
        totals=tuple(totals()),
        classes=ClassAmounts(terms={}, area_m2={(COUNTY, 111): 18_480.0, (COUNTY, 511): 24_720.0}),
        by_class_fen={
            "111": {"crops": 1_000, "water_retention": 211_800},
            "511": {"crops": 320_000, "water_retention": 353},
        },
        unallocated={COUNTY: {"crops": UNALLOCATED_FEN}},
        parcel_grade=np.array(["B", "B", "A", "A"]),
        method=method,
        simulation=SIMULATION,
    )  # fmt: skip


def totals():
    """The sums over parcels, as the engine tells them: without what is unallocated."""
    for level, area in (("town", "361028100"), ("county", COUNTY), ("region", COUNTY)):
        yield Total(level, area, "crops", 3_210.0, "yuan", 321_000, 4)
        yield Total(level, area, "water_retention", 300.5, "m3", 212_153, 3)
    for village, water_m3, water_fen, crops_fen in (
        ("361028100001", 300.0, 211_800, 1_000),
        ("361028100002", 0.5, 353, 320_000),
    ):
        yield Total("village", village, "crops", crops_fen / 100, "yuan", crops_fen, 2)
        yield Total("village", village, "water_retention", water_m3, "m3", water_fen, 2)


def statement(**changes) -> Statement:
    """The account as a statement, its parcels in blocks of three."""
    parcels = Parcels(CODES, landscapes.quarters(), AREAS)
    told = {
        "account": account(), "parcels": ParcelBlocks(parcels, 3), "name": "资溪县", "region": COUNTY, "year": 2024,
        "price_year": 2010, "crs": landscapes.CRS, "inputs": (Input("parcels", "ab" * 32, "模拟数据"),),
        "synthetic": True, "code_version": "v1",
    }  # fmt: skip
    return Statement(**told | changes)
