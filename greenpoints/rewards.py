"""From milligrams to whole coins: what a resident gets for a day, and what is carried on. Exact whole numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rewards:
    """Per person, shape (m,): whole coins due, and the mg that stay until they make another coin."""

    coins: Ints
    carried_mg: Ints


def coins_due(posted_mg: Ints, *, flat_coins: Ints, carried_mg: Ints, carried_coins: Ints, mg_per_coin: int) -> Rewards:
    """Return the coins of each person for what was posted since the last time.

    ``coins = carried coins + flat coins + floor((carried mg + posted mg) / mg per coin)``: because the rest is
    carried, the sum does not depend on how the acts were split over batches. Nothing is negative.
    """
    if mg_per_coin < 1:
        raise ValueError("a coin stands for at least one mg")
    total_mg = carried_mg + posted_mg
    coins = carried_coins + flat_coins + total_mg // mg_per_coin
    return Rewards(coins=coins, carried_mg=total_mg % mg_per_coin)
