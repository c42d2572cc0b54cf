"""The unified social credit code of Chinese organisations, GB 32100-2015."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def check_character(body: str) -> str:
    """Return the 18th character of a code of which ``body`` is the first 17; ValueError where one is not allowed."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def is_valid(code: str) -> bool:
    """Return whether ``code`` has 18 allowed characters, the last of which is the right one."""
    return len(code) == 18 and set(code) <= set(ALPHABET) and check_character(code[:17]) == code[17]
