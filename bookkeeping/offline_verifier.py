#!/usr/bin/env python3
# ruff: noqa: UP031 - one file that also old interpreters read
"""Check a proof from the public log, with nothing but Python 3.9 or later: no network, no database, no packages.

    python offline_verifier.py PROOF.json [--key PUBLIC_KEY_HEX] [--known-head HEAD.json]

PROOF.json proves legs ("leaves"), or that a later log begins with an earlier one ("consistency"), or both. A statement
of accounts ("statement") must add up from the legs it comes with: opening + what moved = closing, no leg twice.
--key insists on the signing key that the city has published. --known-head is a head that you saved before: two
different roots for one size are told. Exit code 0: everything holds. 1: something does not. 2: not a proof.
"""

import argparse
import hashlib
import json
import struct
import sys

FORMAT = "fuzhou-book-proof/1"


class Refuted(Exception):
    """What does not hold, in one sentence."""


def main(arguments):
    """Check the proof that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("proof")
    parser.add_argument("--key", help="public key of the city, 64 hexadecimal digits")
    parser.add_argument("--known-head", help="a head saved before, as JSON")
    chosen = parser.parse_args(arguments)
    try:
        proof = _read(chosen.proof)
        known = _read(chosen.known_head) if chosen.known_head else None
        for line in check(proof, key=chosen.key, known_head=known):
            print(line)
    except Refuted as refuted:
        print("REFUTED: %s" % refuted, file=sys.stderr)
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        print("not a proof: %s: %s" % (type(error).__name__, error), file=sys.stderr)
        return 2
    return 0


def check(proof, key=None, known_head=None):
    """Return what holds, line by line; raise Refuted at the first thing that does not."""
    if proof["format"] != FORMAT:
        raise ValueError("the format is %r, not %r" % (proof["format"], FORMAT))
    if not proof.get("leaves") and "consistency" not in proof:
        raise ValueError("it proves nothing: neither leaves nor consistency")
    head = proof["head"]
    told = [_check_head(head, key)]
    if known_head is not None:
        told.append(_check_known(head, known_head))
    for leaf in proof.get("leaves", []):
        told.append(_check_leaf(leaf, head))
    if "statement" in proof:
        told += _check_statement(proof["statement"], proof.get("leaves", []))
    if "consistency" in proof:
        told.append(_check_consistency(proof["first_head"], head, proof["consistency"], key))
    return told


def _read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


# -- heads


def _check_head(head, key):
    public_key = bytes.fromhex(head["public_key"])
    if key is not None and bytes.fromhex(key) != public_key:
        raise Refuted("the head is signed with another key, %s" % head["public_key"])
    if hashlib.sha256(public_key).hexdigest()[:16] != head["key_id"]:
        raise Refuted("the key id does not belong to the key")
    if not ed25519_verifies(public_key, bytes.fromhex(head["signature"]), _signed_bytes(head)):
        raise Refuted("the signature of the head of size %d is wrong" % head["size"])
    trust = "the key asked for" if key else "key %s (compare it with the published one)" % head["public_key"]
    return "head of size %d, root %s, signed at %s with %s" % (head["size"], head["root"], head["at"], trust)


def _signed_bytes(head):
    lines = ("fuzhou-book-head/1", str(head["size"]), head["root"], head["at"], head["previous"], head["key_id"])
    return ("\n".join(lines) + "\n").encode()


def _check_known(head, known):
    if known["size"] == head["size"] and known["root"] != head["root"]:
        raise Refuted("two different roots for size %d: the log was rewritten" % head["size"])
    if known["size"] > head["size"]:
        return "the head saved before is of size %d, larger than this one; nothing to compare" % known["size"]
    return "the head saved before does not contradict this one"


# -- the Merkle tree of RFC 9162


def _node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def _check_leaf(leaf, head):
    path = [bytes.fromhex(step) for step in leaf["path"]]
    hashed = hashlib.sha256(b"\x00" + encode_leg(leaf["leg"])).digest()
    if _root_from_leaf(hashed, leaf["index"], head["size"], path) != bytes.fromhex(head["root"]):
        raise Refuted(
            "leg %s#%s is not leaf %s of this log" % (leaf["leg"]["reference"], leaf["leg"]["leg"], leaf["index"])
        )
    leg = leaf["leg"]
    return "leaf %d: %s#%d moves %d from %s to %s" % (
        leaf["index"],
        leg["reference"],
        leg["leg"],
        leg["quantity"],
        leg["source"],
        leg["target"],
    )


MOVING = (1, 3, 5)  # posted, confirmed, reversal: a hold and its release move nothing


def _check_statement(statement, leaves):
    places = [leaf["index"] for leaf in leaves]
    if len(set(places)) != len(places):
        raise Refuted("the statement counts a leg twice")
    moved = dict.fromkeys(statement["accounts"], 0)
    for leaf in leaves:
        leg = leaf["leg"]
        for side, sign in (("source", -1), ("target", 1)):
            if leg["kind"] in MOVING and leg[side] in moved:
                moved[leg[side]] += sign * leg["quantity"]
    told = []
    for code, balance in sorted(statement["accounts"].items()):
        if balance["opening"] + moved[code] != balance["closing"]:
            raise Refuted("%s: %d + %d is not %d" % (code, balance["opening"], moved[code], balance["closing"]))
        told.append("%s: %d + %d = %d" % (code, balance["opening"], moved[code], balance["closing"]))
    return told


def encode_leg(leg):
    """Return the bytes that the log hashes for one leg."""
    return b"".join(
        (
            b"\x01",
            _text(leg["reference"]),
            struct.pack(">HBB", leg["leg"], leg["kind"], leg["asset"]),
            _text(leg["source"]),
            _text(leg["target"]),
            struct.pack(">qq", leg["quantity"], leg["occurred_us"]),
            _text(leg["related_reference"]),
            struct.pack(">H", leg["related_leg"]),
        )
    )


def _text(text):
    content = text.encode()
    return struct.pack(">H", len(content)) + content


def _root_from_leaf(hashed, index, size, path):
    if not 0 <= index < size:
        return None
    number, last, above = index, size - 1, hashed
    for sibling in path:
        if last == 0:
            return None
        if number & 1 or number == last:
            above = _node(sibling, above)
            while number & 1 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            above = _node(above, sibling)
        number, last = number >> 1, last >> 1
    return above if last == 0 else None


def _check_consistency(first, second, path, key):
    told = _check_head(first, key)
    hashes = [bytes.fromhex(step) for step in path]
    roots = bytes.fromhex(first["root"]), bytes.fromhex(second["root"])
    if not _consistent(first["size"], second["size"], roots[0], roots[1], hashes):
        raise Refuted("the log of size %d does not begin with that of size %d" % (second["size"], first["size"]))
    return "it begins with the earlier log: %s" % told


def _consistent(first, second, first_root, second_root, path):
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second or not path:
        return False
    hashes = [first_root, *path] if first & (first - 1) == 0 else path
    number, last = first - 1, second - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = _node(sibling, old), _node(sibling, new)
            while number & 1 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            new = _node(new, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


# -- Ed25519 (RFC 8032, section 5.1), verification only: everything in it is public, so time may tell


P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def ed25519_verifies(public_key, signature, message):
    """Tell whether ``signature`` (64 bytes) is that of ``message`` by ``public_key`` (32 bytes)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, r = _point(public_key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    return _same(_times(s, BASE), _plus(r, _times(h, a)))


def _point(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_M1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _plus(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _plus(result, point)
        point, number = _plus(point, point), number >> 1
    return result


def _same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
