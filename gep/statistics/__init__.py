"""Statistics of counties: which products there are, what their land is, and what a table of them must hold.

Method: docs/methods/statistics.md.
"""

from gep.statistics.basis import valued
from gep.statistics.external import NetValue, inflows, net_of_external
from gep.statistics.products import Product, WeightRule, catalogue
from gep.statistics.tables import COLUMNS, Finding, StatisticsTable, missing_counties, read

__all__ = [
    "COLUMNS",
    "Finding",
    "NetValue",
    "Product",
    "StatisticsTable",
    "WeightRule",
    "catalogue",
    "inflows",
    "missing_counties",
    "net_of_external",
    "read",
    "valued",
]
