"""The code of a voucher: 40 bits of number and 40 of a keyed digest, sixteen letters that can be read out or printed.

A merchant that holds its key can tell offline whether a code was issued for it; whether it was used before, only the
platform can tell. Standard library only: this file may be copied to a till.
"""

import hashlib
import hmac

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
LENGTH, BITS, HALF = 16, 5, 40
_READ_AS = str.maketrans("ILO", "110", " -")


def code(number: int, *, key: bytes) -> str:
    """Return the code of voucher ``number`` (0 to 2**40 - 1), in four groups of four."""
    if not 0 <= number < 2**HALF:
        raise ValueError(f"a voucher number has {HALF} bits, not {number}")
    value = number << HALF | _digest(number, key)
    letters = "".join(LETTERS[value >> shift & 31] for shift in range(BITS * (LENGTH - 1), -1, -BITS))
    return "-".join(letters[place : place + 4] for place in range(0, LENGTH, 4))


def number_of(text: str, *, key: bytes) -> int | None:
    """Return the number in a code that ``key`` made; None for any other text. Case, spaces and dashes do not matter."""
    letters = text.upper().translate(_READ_AS)
    if len(letters) != LENGTH or not set(letters) <= set(LETTERS):
        return None
    value = 0
    for letter in letters:
        value = value << BITS | LETTERS.index(letter)
    number, digest = value >> HALF, value & (1 << HALF) - 1
    return number if hmac.compare_digest(_digest(number, key).to_bytes(5), digest.to_bytes(5)) else None


def _digest(number: int, key: bytes) -> int:
    return int.from_bytes(hmac.new(key, number.to_bytes(5), hashlib.sha256).digest()[:5])
