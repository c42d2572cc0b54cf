"""What a cost that is paid once comes to in a year."""


def capital_recovery_share(*, rate: float, years: int) -> float:
    """Return the share of a sum that pays it back in equal yearly parts, i(1+i)ⁿ/((1+i)ⁿ-1); 1/n without interest.

    ValueError for a negative rate or for no years.
    """
    if rate < 0 or years < 1:
        raise ValueError(f"an annuity wants a rate of 0 or more and a year at least, not {rate} and {years}")
    if rate == 0:
        return 1 / years
    growth = (1 + rate) ** years
    return rate * growth / (growth - 1)


def yearly_yuan(once_yuan: float, *, rate: float, years: int, upkeep_yuan: float = 0.0) -> float:
    """Return what building for ``once_yuan`` costs in each of its years, with the upkeep of a year."""
    return once_yuan * capital_recovery_share(rate=rate, years=years) + upkeep_yuan
