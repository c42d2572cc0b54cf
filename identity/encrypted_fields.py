"""A text column whose content is sealed at rest; the keys come from the settings."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import Exact

from identity import sealing


@lru_cache(maxsize=4)
def _keys(secrets: tuple[str, ...]) -> dict[str, bytes]:
    keys = [sealing.derived_key(secret, use="field") for secret in secrets]
    return {sealing.key_id(key): key for key in keys}


def field_keys() -> dict[str, bytes]:
    """Return every key that may have sealed a field, by key id; the first seals new ones."""
    return _keys((settings.FIELD_ENCRYPTION_KEY, *settings.FIELD_ENCRYPTION_OLD_KEYS))


def phone_index(phone: str) -> str:
    """Return the keyed hash by which a phone number is found."""
    return sealing.blind_index(phone, key=sealing.derived_key(settings.FIELD_INDEX_KEY, use="phone"))


def real_name_index(token: str) -> str:
    """Return the keyed hash by which two accounts of one real name are told."""
    return sealing.blind_index(token, key=sealing.derived_key(settings.FIELD_INDEX_KEY, use="real-name"))


class EncryptedTextField(models.TextField):
    """Text in Python, ciphertext in the table; empty stays empty. It cannot be searched."""

    @property
    def place(self) -> str:
        """Return what the ciphertext is bound to: table and column."""
        return f"{self.model._meta.db_table}.{self.column}"

    def get_prep_value(self, value: Any) -> Any:
        """Seal with the current key."""
        text = super().get_prep_value(value)
        return text if not text else sealing.seal(text, key=next(iter(field_keys().values())), place=self.place)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Unseal with the key that the text names; CannotUnseal where it was altered."""
        return value if not value else sealing.unseal(value, keys=field_keys(), place=self.place)

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse every lookup but that for empty and null: equal texts have different ciphertexts."""
        if lookup_name == "exact":
            return _EmptyOnly
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.place} is encrypted and cannot be searched by {lookup_name}")


class _EmptyOnly(Exact):
    def __init__(self, lhs: Any, rhs: Any) -> None:
        if rhs != "":
            raise FieldError("an encrypted text can be compared with the empty text only")
        super().__init__(lhs, rhs)
