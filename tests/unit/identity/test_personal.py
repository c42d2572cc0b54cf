from django.apps import apps
from django.db import models

from identity import personal
from identity.encrypted_fields import EncryptedTextField

OURS = {"core", "identity", "bookkeeping", "greenpoints", "gep", "marketplace", "policy", "web"}


def columns():
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.local_fields:
                yield f"{model._meta.app_label}.{model.__name__}", field


def test_every_personal_column_of_identity_has_a_label():
    told = set(personal.LABELS) | set(personal.NOT_PERSONAL)
    unlabelled = {
        (model, field.name)
        for model, field in columns()
        if model.startswith("identity.") and personal.looks_personal(field.name) and (model, field.name) not in told
    }
    assert unlabelled == set()


def test_no_other_app_keeps_names_phones_or_addresses_of_people():
    sensitive = {"phone", "mobile", "email", "id_card", "birth", "gender", "address", "bank_account", "card_no"}
    kept = {
        (model, field.name)
        for model, field in columns()
        if not model.startswith("identity.") and field.name in sensitive and (model, field.name) not in personal.LABELS
    }
    assert kept == set()


def test_every_label_is_of_a_column_and_complete():
    there = {(model, field.name) for model, field in columns()}
    assert set(personal.LABELS) - there == set()
    assert set(personal.NOT_PERSONAL) - there == set()
    for label in personal.LABELS.values():
        assert label.level in personal.LEVELS
        assert label.purpose and label.retention


def test_sensitive_columns_are_sealed_or_hashed():
    fields = {(model, field.name): field for model, field in columns()}
    for place, label in personal.LABELS.items():
        if label.level in {"L3", "L4"}:
            assert label.at_rest in {"ciphertext", "keyed-hash", "password-hash"}, place
        assert isinstance(fields[place], EncryptedTextField) == (label.at_rest == "ciphertext"), place


def test_a_new_column_that_looks_personal_is_noticed():
    assert personal.looks_personal("home_address")
    assert personal.looks_personal("phone")
    assert not personal.looks_personal("region")
    assert issubclass(EncryptedTextField, models.TextField)
