"""How PostgreSQL finds a reference: by a digest of all but its last four characters, and by these four.

References run in series (row 1, row 2 …), so ten thousand of them share a digest and stand side by side in the index,
which a digest of the whole would scatter. An entry takes 24 bytes whatever the reference is, and pages fill up, since
PostgreSQL splits a page behind an entry that continues a run. Two references under one entry would have to collide in
64 bits of a digest and end alike: the later one would be refused, never posted twice. SQLite indexes the text itself.
"""

DIGEST = "decode(left(md5(left({0}, -4)), 16), 'hex')"
END = "right({0}, 4)"
BYTEWISE = 'COLLATE "C"'
KEY = f"({DIGEST.format('reference')}), ({END.format('reference')}) {BYTEWISE}, leg"


def same(one: str, other: str, *, vendor: str) -> str:
    """Return the SQL condition that two references are the same, written so that the index can answer it."""
    plain = f"{one} = {other}"
    if vendor != "postgresql":
        return plain
    digests, ends = (f"{part.format(one)} = {part.format(other)}" for part in (DIGEST, END))
    return f"{digests} AND {ends} {BYTEWISE} AND {plain}"
