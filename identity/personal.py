"""What is personal in our tables: each such column has a class, a purpose and a time for which it is kept.

Classes follow the internal levels of GB/T 43697-2024's grading: L1 public, L2 internal, L3 sensitive (names, phones:
ciphertext at rest), L4 secret (keys and passwords: ciphertext or a one-way hash).
"""

from typing import NamedTuple

LEVELS = ("L1", "L2", "L3", "L4")


class Label(NamedTuple):
    """What one column holds: ``level`` L1 to L4, why it is kept, for how long, and how it stands in the table."""

    level: str
    purpose: str
    retention: str
    at_rest: str = "plain"  # plain, ciphertext, keyed-hash, password-hash


_LONG = "as long as the account, then 3 years"
_BOOK = "as long as the book, whose entries name the reference only"

LABELS: dict[tuple[str, str], Label] = {
    ("identity.User", "username"): Label("L2", "sign-in", _LONG),
    ("identity.User", "password"): Label("L4", "sign-in", "until the account ends", "password-hash"),
    ("identity.User", "last_login"): Label("L2", "security audit", "3 years"),
    ("identity.User", "person"): Label("L2", "which resident a sign-in belongs to", _LONG),
    ("identity.Person", "ref"): Label("L2", "the pseudonym that other tables keep", _BOOK),
    ("identity.Person", "name"): Label("L3", "payment and redemption", _LONG, "ciphertext"),
    ("identity.Person", "phone"): Label("L3", "notices about payments", _LONG, "ciphertext"),
    ("identity.Person", "phone_index"): Label("L3", "finding a person by phone", _LONG, "keyed-hash"),
    ("identity.Person", "region"): Label("L2", "county totals and eligibility", _LONG),
    ("identity.Person", "real_name_token"): Label(
        "L4", "one account a person, redemption above a limit", _LONG, "ciphertext"
    ),
    ("identity.Person", "real_name_index"): Label("L4", "one account a person", _LONG, "keyed-hash"),
    ("identity.Person", "age_group"): Label("L2", "protection of minors", _LONG),
    ("identity.Person", "guardian"): Label("L2", "who acts for a minor", "until of age or erased"),
    ("identity.PartnerBinding", "subject_ref"): Label("L2", "a partner's opaque token of a resident", "until unbound"),
    ("identity.PartnerBinding", "person"): Label("L2", "whom a partner's token means", "until unbound"),
    ("identity.Consent", "person"): Label("L2", "proof of consent", "3 years after withdrawal"),
    ("identity.OneTimeCode", "person"): Label("L2", "whose consent a code gives", "until an hour after the code ends"),
    ("identity.OneTimeCode", "code_hash"): Label(
        "L3", "consent at a desk", "until an hour after the code ends", "keyed-hash"
    ),
    ("identity.PartnerKey", "secret"): Label("L4", "checking signatures", "until revoked", "ciphertext"),
    ("identity.PartnerKey", "public_key"): Label(
        "L1", "checking signatures", "as long as what it signed", "public-key"
    ),
    ("policy.Payee", "name"): Label("L3", "payment of subsidies", _LONG, "ciphertext"),
    ("policy.Payee", "token"): Label("L3", "the bank's token of an account", _LONG, "ciphertext"),
    ("policy.PaymentInstruction", "payee_name"): Label("L3", "proof of payment", "10 years", "ciphertext"),
    ("policy.PaymentInstruction", "payee_token"): Label("L3", "proof of payment", "10 years", "ciphertext"),
}

LOOKS_PERSONAL = (
    "name", "phone", "mobile", "email", "address", "id_card", "birth", "gender", "sex", "password", "secret",
    "subject_ref", "person", "last_login", "bank_account", "card_no", "face", "token",
)  # fmt: skip
# Columns whose name looks personal and whose content is not: (model, column) -> what it is.
NOT_PERSONAL: dict[tuple[str, str], str] = {
    ("identity.Organisation", "name"): "the registered name of an organisation",
    ("policy.BudgetLine", "name"): "the name of a budget line",
    ("policy.JournalCursor", "name"): "the name of a reader of the journal",
}


def looks_personal(column: str) -> bool:
    """Return whether a column of this name would be expected to hold personal data."""
    words = column.lower()
    return any(words == hint or words.startswith(f"{hint}_") or words.endswith(f"_{hint}") for hint in LOOKS_PERSONAL)


def label(model: str, column: str) -> Label | None:
    """Return the label of a column (``identity.Person``, ``phone``), or None."""
    return LABELS.get((model, column))
