"""What a cubic metre of storage is worth: the cost of building it, whole or by the year (switch ``reservoir_cost``)."""

from gep import annuities
from gep.accounting.terms import Priced
from gep.methods import Method

TABLE = "water_retention"
COST = "reservoir_cost"


def storage(method: Method) -> Priced:
    """Return the price of a cubic metre that is kept back. The price states the cost of building it, once."""
    once = float(method.price("reservoir").for_unit("m3 built"))
    if method.switch(COST) == "full":
        return Priced(once, ("prices.reservoir",))
    rate, years = method.figure(TABLE, f"{COST}.rate"), method.figure(TABLE, f"{COST}.years")
    return Priced(annuities.yearly_yuan(once, rate=rate, years=int(years)), ("prices.reservoir",))
