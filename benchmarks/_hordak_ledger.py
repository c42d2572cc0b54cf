"""A ledger of django-hordak that posts when told: run by other_ledgers.py with an interpreter that has django-hordak.

Each line on stdin is ``batch SIZE`` or ``single COUNT``; each answer is the seconds taken, one number per posting for
single ones. The database is named by DATABASE_NAME, HOST, PORT and USER. Legs are made by bulk_create, in one
transaction a batch, which is hordak's fastest way.
"""

import os
import random
import sys
import time

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "mptt", "hordak"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["DATABASE_NAME"],
            "HOST": os.environ["HOST"],
            "PORT": os.environ["PORT"],
            "USER": os.environ["USER_NAME"],
            "PASSWORD": os.environ["PASSWORD"],
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DEFAULT_CURRENCY="CNY",
    CURRENCIES=["CNY"],
    HORDAK_DECIMAL_PLACES=0,
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402 - after the settings
from django.db import transaction  # noqa: E402
from hordak.models import Account, AccountType, Leg, Transaction  # noqa: E402
from moneyed import Money  # noqa: E402


def open_accounts(residents: int) -> tuple[Account, list[Account]]:
    """Return the fund and the residents."""
    call_command("migrate", verbosity=0)
    fund = Account.objects.create(name="fund", code="1", type=AccountType.expense, currencies=["CNY"])
    people = [
        Account.objects.create(name=str(n), code=str(n + 2), type=AccountType.liability, currencies=["CNY"])
        for n in range(residents)
    ]
    return fund, people


def post(fund: Account, people: list[Account], size: int) -> None:
    """Post ``size`` transactions from the fund to residents drawn at random, in one database transaction."""
    with transaction.atomic():
        made = Transaction.objects.bulk_create([Transaction(description="row") for _ in range(size)])
        coins = Money(5, "CNY")
        legs = []
        for one in made:
            legs.append(Leg(transaction=one, account=fund, debit=coins))
            legs.append(Leg(transaction=one, account=random.choice(people), credit=coins))
        Leg.objects.bulk_create(legs)


def main() -> None:
    """Answer until stdin ends."""
    fund, people = open_accounts(int(sys.argv[1]))
    post(fund, people, 10)
    print("ready", flush=True)
    for line in sys.stdin:
        what, count = line.split()
        taken = []
        for _ in range(1 if what == "batch" else int(count)):
            started = time.perf_counter()
            post(fund, people, int(count) if what == "batch" else 1)
            taken.append(time.perf_counter() - started)
        print(" ".join(f"{seconds:.6f}" for seconds in taken), flush=True)


if __name__ == "__main__":
    main()
