"""One account from parcels and layers: quantities by ecosystem unit, values in fen, sums that add up. No database.

``compile_account`` plans which indicators can be calculated, weighs the parcels block by block, and joins the blocks.
Villages, towns, counties and the region are sums of parcels' fen.
"""

from gep.accounting.compiling import LayersDoNotMeet, compile_account
from gep.accounting.inputs import LEVELS, CountyStatistics, Layers, LayerSource, ParcelBlocks, Parcels, ParcelSource
from gep.accounting.results import CompiledAccount, IndicatorResult, Total

__all__ = [
    "LEVELS",
    "CompiledAccount",
    "CountyStatistics",
    "IndicatorResult",
    "LayerSource",
    "Layers",
    "LayersDoNotMeet",
    "ParcelBlocks",
    "ParcelSource",
    "Parcels",
    "Total",
    "compile_account",
]
