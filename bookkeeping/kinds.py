"""What a leg does. The numbers are stored and hashed: they never change."""

from enum import IntEnum


class Kind(IntEnum):
    """The five things a leg can be."""

    POSTED = 1  # moves the quantity
    HELD = 2  # sets it aside on both sides
    CONFIRMED = 3  # ends a hold and moves all or a part of it
    RELEASED = 4  # ends a hold and moves nothing
    REVERSAL = 5  # moves a posted or confirmed leg back


MOVING = (Kind.POSTED, Kind.CONFIRMED, Kind.REVERSAL)
MAX_QUANTITY = 10**17  # sums stay far inside int64 on a database that does not stop at its edge
MAX_BALANCE = 8 * 10**18
