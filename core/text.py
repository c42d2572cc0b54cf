"""Text as it may enter the platform: composed (NFC), without characters that hide, turn or cut what is read."""

import re
import unicodedata

# NUL, lone surrogates, and the controls that turn the direction of reading.
FORBIDDEN = re.compile("[\x00\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class ForbiddenCharacter(ValueError):
    """Text holds a character that no field takes."""


def clean(text: str) -> str:
    """Return ``text`` in NFC; refuse NUL, lone surrogates and bidirectional controls with ``ForbiddenCharacter``."""
    found = FORBIDDEN.search(text)
    if found:
        raise ForbiddenCharacter(f"character U+{ord(found[0]):04X} is not allowed")
    return text if text.isascii() else unicodedata.normalize("NFC", text)
