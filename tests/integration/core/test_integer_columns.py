"""Traps T1 and T2: what is summed is a whole number within bounds that the database itself checks."""

import re

from django.apps import apps
from django.db import models

LEDGERS = {"bookkeeping", "greenpoints", "marketplace", "policy"}
BY_TRIGGER = {"Slot.balance"}  # its limits stand on the account, so a trigger checks them
SUMMED = re.compile(r"(_fen|_mg|coins|quantity|balance)$")


def columns():
    return [
        (model, field)
        for model in apps.get_models()
        if model._meta.app_label in LEDGERS
        for field in model._meta.concrete_fields
    ]


def checked(model):
    return " ".join(str(c.condition) for c in model._meta.constraints if isinstance(c, models.CheckConstraint))


def test_no_column_of_a_ledger_is_a_decimal():
    assert [
        f"{model.__name__}.{field.name}" for model, field in columns() if isinstance(field, models.DecimalField)
    ] == []


def test_summed_columns_are_wide_whole_numbers():
    summed = [(model, field) for model, field in columns() if SUMMED.search(field.name)]
    assert summed
    wrong = [
        f"{model.__name__}.{field.name}" for model, field in summed if not isinstance(field, models.BigIntegerField)
    ]
    assert wrong == []


def test_summed_columns_have_a_check():
    unchecked = [
        f"{model.__name__}.{field.name}"
        for model, field in columns()
        if SUMMED.search(field.name) and field.name not in checked(model)
    ]
    assert set(unchecked) <= BY_TRIGGER
