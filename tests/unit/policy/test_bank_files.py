"""The files that go to the bank and come back."""

import pytest

from policy import bank_files
from policy.bank_files import BankFileUnreadable, InstructionLine

LINES = [
    InstructionLine("FZ20260520-000001-00001", "资溪县竹业专业合作社", "TK0001", 1_000_050),
    InstructionLine("FZ20260520-000001-00002", "张三", "TK0002", 7),
]
ANSWER = "H,FZ1,F-1\r\nD,R1,100.00,成功,S1,\r\nD,R2,0.07,退票,S2,户名不符\r\nT,2,100.07\r\n"


def test_the_outgoing_file_is_gb18030_with_its_sums():
    raw = bank_files.write_instructions(LINES, batch="FZ20260520-000001", sha256="ab")
    assert raw.decode("gb18030").split("\r\n") == [
        "H,FZ20260520-000001,2",
        "D,FZ20260520-000001-00001,资溪县竹业专业合作社,TK0001,10000.50",
        "D,FZ20260520-000001-00002,张三,TK0002,0.07",
        "T,2,10000.57,ab",
        "",
    ]


def test_the_control_hash_sees_every_field():
    hashes = {bank_files.control_hash(LINES), bank_files.control_hash(LINES[::-1]), bank_files.control_hash(LINES[:1])}
    altered = [InstructionLine("FZ20260520-000001-00001", "资溪县竹业专业合作社", "TK0009", 1_000_050), LINES[1]]
    assert len(hashes | {bank_files.control_hash(altered)}) == 4


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(ANSWER.encode("gb18030"), id="GB18030"),
        pytest.param(ANSWER.encode(), id="UTF-8"),
        pytest.param(ANSWER.encode("utf-8-sig"), id="UTF-8 with a mark"),
        pytest.param(ANSWER.replace("100.00", "１００．００").encode("gb18030"), id="full-width digits"),
        pytest.param(ANSWER.replace("100.00", '"1,00.00"').encode(), id="thousands"),
        pytest.param(ANSWER.replace("\r\n", "\n").encode(), id="Unix line ends"),
    ],
)
def test_an_answer_is_read(raw):
    answer = bank_files.read_answer(raw)
    assert (answer.batch, answer.number, answer.total_fen) == ("FZ1", "F-1", 10_007)
    assert [(line.reference, line.amount_fen, line.outcome, line.reason) for line in answer.lines] == [
        ("R1", 10_000, "PAID", ""),
        ("R2", 7, "RETURNED", "户名不符"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xff\xff", id="no text"),
        pytest.param(ANSWER.replace("T,2,100.07", "T,2,100.08").encode(), id="wrong total"),
        pytest.param(ANSWER.replace("T,2,100.07", "T,3,100.07").encode(), id="wrong count"),
        pytest.param(ANSWER.replace("T,2,100.07\r\n", "").encode(), id="cut off"),
        pytest.param(ANSWER.replace("100.00", "1e2").encode(), id="exponent"),
        pytest.param(ANSWER.replace("100.00", "-100.00").encode(), id="negative"),
        pytest.param(ANSWER.replace("100.00", "100.005").encode(), id="third decimal"),
        pytest.param(ANSWER.replace("成功", "可能").encode(), id="unknown outcome"),
        pytest.param(ANSWER.replace("R1", "R\x001").encode(), id="NUL"),
        pytest.param(ANSWER.replace("D,R1", "D,R1,x").encode(), id="too many fields"),
        pytest.param(b"0" * (8 * 1024 * 1024 + 1), id="too large"),
    ],
)
def test_an_unusable_answer_is_refused_as_a_whole(raw):
    with pytest.raises(BankFileUnreadable):
        bank_files.read_answer(raw)
