"""The two files that go between us and the bank: payment instructions out, answers in.

Both are CSV lines that begin with H (head), D (detail) or T (total). We write GB18030 with CRLF, and read GB18030 or
UTF-8, full-width digits included. A file whose totals do not add up is refused as a whole.
"""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from core.units import FEN_PER_YUAN

LARGEST_FILE_BYTES = 8 * 1024 * 1024
MOST_LINES = 100_000
MOST_FEN = 10**15
OUTCOMES = {"成功": "PAID", "退票": "RETURNED"}
YUAN = re.compile(r"(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,2}))?")


class BankFileUnreadable(ValueError):
    """A file that is refused as a whole; ``why`` says what and on which line."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class InstructionLine:
    """One payment as it stands in the outgoing file."""

    reference: str
    payee_name: str
    payee_token: str
    amount_fen: int


@dataclass(frozen=True)
class AnswerLine:
    """One line of an answer; ``number`` counts the details of the file from 1, ``outcome`` is PAID or RETURNED."""

    number: int
    reference: str
    amount_fen: int
    outcome: str
    bank_serial: str
    reason: str


@dataclass(frozen=True)
class Answer:
    """A readable answer of the bank."""

    number: str
    batch: str
    lines: tuple[AnswerLine, ...]
    sha256: str

    @property
    def total_fen(self) -> int:
        """The sum of every line, whatever its outcome."""
        return sum(line.amount_fen for line in self.lines)


def yuan(amount_fen: int) -> str:
    """Return fen as yuan with two decimals, the way banks write it."""
    return f"{amount_fen // FEN_PER_YUAN}.{amount_fen % FEN_PER_YUAN:02}"


def control_hash(lines: Sequence[InstructionLine]) -> str:
    """Return the SHA-256 over every field of every line in order; it is what people sign."""
    digest = hashlib.sha256()
    for line in lines:
        fields = (line.reference, line.payee_name, line.payee_token, str(line.amount_fen))
        digest.update("\x1f".join(fields).encode() + b"\x1e")
    return digest.hexdigest()


def write_instructions(lines: Sequence[InstructionLine], *, batch: str, sha256: str) -> bytes:
    """Return the file for the bank: GB18030, CRLF, with count, sum and the signed hash in its last line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["H", batch, len(lines)])
    for line in lines:
        writer.writerow(["D", line.reference, line.payee_name, line.payee_token, yuan(line.amount_fen)])
    writer.writerow(["T", len(lines), yuan(sum(line.amount_fen for line in lines)), sha256])
    return text.getvalue().encode("gb18030")


def read_answer(raw: bytes) -> Answer:
    """Return the bank's answer; BankFileUnreadable where it is too large, not text, malformed, or does not add up."""
    rows = _rows(raw)
    if len(rows) < 2 or rows[0][0] != "H" or rows[-1][0] != "T":
        raise BankFileUnreadable("the file must begin with an H line and end with a T line")
    head, details, total = rows[0], rows[1:-1], rows[-1]
    if len(head) != 3 or not head[1] or not head[2]:
        raise BankFileUnreadable("the H line must hold the batch and the number of the file")
    lines = tuple(_answer_line(row, number=number) for number, row in enumerate(details, start=1))
    answer = Answer(number=head[2], batch=head[1], lines=lines, sha256=hashlib.sha256(raw).hexdigest())
    _check_total(total, answer)
    return answer


def _rows(raw: bytes) -> list[list[str]]:
    if len(raw) > LARGEST_FILE_BYTES:
        raise BankFileUnreadable(f"the file is larger than {LARGEST_FILE_BYTES} bytes")
    text = unicodedata.normalize("NFKC", _decoded(raw))
    if any(unicodedata.category(letter) == "Cc" and letter not in "\r\n" for letter in text):
        raise BankFileUnreadable("the file holds control characters")
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise BankFileUnreadable(f"the file is not CSV: {error}") from None
    if len(rows) > MOST_LINES + 2:
        raise BankFileUnreadable(f"the file has more than {MOST_LINES} lines")
    return rows


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BankFileUnreadable("the file is neither UTF-8 nor GB18030")


def _answer_line(row: list[str], *, number: int) -> AnswerLine:
    if len(row) != 6 or row[0] != "D":
        raise BankFileUnreadable(f"line {number}: a detail has D and five fields")
    _, reference, amount, outcome, serial, reason = row
    if outcome not in OUTCOMES:
        raise BankFileUnreadable(f"line {number}: the outcome must be one of {', '.join(OUTCOMES)}")
    if not reference or max(len(reference), len(serial)) > 60 or len(reason) > 120:
        raise BankFileUnreadable(f"line {number}: a field is empty or too long")
    return AnswerLine(
        number=number,
        reference=reference,
        amount_fen=_fen(amount, where=f"line {number}"),
        outcome=OUTCOMES[outcome],
        bank_serial=serial,
        reason=reason,
    )


def _fen(text: str, *, where: str) -> int:
    match = YUAN.fullmatch(text.replace(",", ""))
    if match is None:
        raise BankFileUnreadable(f"{where}: {text[:20]!r} is not an amount in yuan")
    whole, cents = match.groups()
    amount = int(whole) * FEN_PER_YUAN + int((cents or "").ljust(2, "0"))
    if amount > MOST_FEN:
        raise BankFileUnreadable(f"{where}: {text!r} is out of range")
    return amount


def _check_total(total: list[str], answer: Answer) -> None:
    if len(total) != 3 or not (total[1].isascii() and total[1].isdigit()):
        raise BankFileUnreadable("the T line must hold the count and the sum")
    told = (int(total[1]), _fen(total[2], where="T"))
    counted = (len(answer.lines), answer.total_fen)
    if told != counted:
        raise BankFileUnreadable(
            f"the T line says {told[0]} lines and {told[1]} fen; there are {counted[0]} and {counted[1]}"
        )
