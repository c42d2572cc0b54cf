"""Statistics of counties: which products there are, what their land is, and what a table of them must hold.

Method: docs/methods/statistics.md.
"""

from gep.statistics.basis import RatioMissing, valued
from gep.statistics.products import Product, WeightRule, catalogue
from gep.statistics.tables import COLUMNS, Finding, StatisticsTable, missing_counties, read

__all__ = [
    "COLUMNS",
    "Finding",
    "Product",
    "RatioMissing",
    "StatisticsTable",
    "WeightRule",
    "catalogue",
    "missing_counties",
    "read",
    "valued",
]
