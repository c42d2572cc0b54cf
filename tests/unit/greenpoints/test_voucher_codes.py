"""Codes of vouchers: a vector worked out by another program, and whatever is not one."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenpoints import voucher_codes

KEY = b"k" * 32


def test_a_known_code():
    """HMAC-SHA256 of 0000000001 under 32 times k begins with the ten hex digits that follow the number here."""
    script = (
        "import hmac;d=hmac.new(b'k'*32,bytes.fromhex('0000000001'),'sha256').hexdigest()[:10];"
        "v=int('0000000001'+d,16);a='0123456789ABCDEFGHJKMNPQRSTVWXYZ';s='';"
        "exec('for _ in range(16):\\n s=a[v%32]+s;v//=32');print(s)"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert voucher_codes.code(1, key=KEY).replace("-", "") == other
    assert voucher_codes.code(1, key=KEY).startswith("0000-0001-")


@given(st.integers(0, 2**40 - 1))
def test_there_and_back(number):
    code = voucher_codes.code(number, key=KEY)
    assert voucher_codes.number_of(code, key=KEY) == number
    assert voucher_codes.number_of(code.lower().replace("-", " "), key=KEY) == number
    assert voucher_codes.number_of(code.replace("0", "O").replace("1", "I"), key=KEY) == number
    assert voucher_codes.number_of(code, key=b"j" * 32) is None


@given(st.integers(0, 2**40 - 1), st.integers(0, 15), st.integers(1, 31))
def test_one_letter_wrong_is_no_code(number, place, shift):
    letters = list(voucher_codes.code(number, key=KEY).replace("-", ""))
    letters[place] = voucher_codes.LETTERS[(voucher_codes.LETTERS.index(letters[place]) + shift) % 32]
    assert voucher_codes.number_of("".join(letters), key=KEY) is None


@pytest.mark.parametrize("text", ["", "0", "U" * 16, "0" * 15, "0" * 17, "券" * 16, "0000-0000-0000-000\x00"])
def test_what_is_no_code(text):
    assert voucher_codes.number_of(text, key=KEY) is None
