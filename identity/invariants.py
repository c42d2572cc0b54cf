"""What must hold about people: duties are apart, and sensitive columns are ciphertext."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.models import Count

from core.invariants import Broken, Checked, invariant
from identity import personal, sealing
from identity.models import RoleGrant
from identity.role_codes import ADMINISTRATOR_DUTIES

MOST_TOLD = 100


@invariant(
    code="I18",
    zh="任何人不得兼任系统、安全、审计管理员中的两项",
    en="No user holds two of the three administrator duties",
)
def administrator_duties_are_apart() -> Iterator[Broken | Checked]:
    """Yield each user with more than one administrator duty in force."""
    in_force = RoleGrant.objects.filter(role__in=ADMINISTRATOR_DUTIES, revoked_at__isnull=True)
    yield Checked(in_force.count())
    for row in in_force.values("user_id").annotate(duties=Count("role", distinct=True)).filter(duties__gt=1):
        yield Broken(row=f"identity_user/{row['user_id']}", what=f"holds {row['duties']} administrator duties")


@invariant(
    code="I19",
    zh="标为 L3 及以上的字段在库中为密文",
    en="Columns labelled L3 or higher are ciphertext at rest",
)
def sensitive_columns_are_sealed() -> Iterator[Broken | Checked]:
    """Yield each row whose stored value of a sealed column is not a sealed text. Read as the table has it."""
    for (model_name, column), label in personal.LABELS.items():
        if label.at_rest != "ciphertext":
            continue
        table = apps.get_model(model_name)._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT COUNT(*) FROM "{table}" WHERE "{column}" <> %s', [""])  # noqa: S608
            yield Checked(cursor.fetchone()[0])
            cursor.execute(
                f'SELECT id FROM "{table}" WHERE "{column}" <> %s AND "{column}" NOT LIKE %s ORDER BY id LIMIT {MOST_TOLD}',  # noqa: S608, E501
                ["", f"{sealing.SCHEME}:________:%"],
            )
            for (row,) in cursor.fetchall():
                yield Broken(row=f"{table}/{row}", what=f"{column} is not ciphertext")
