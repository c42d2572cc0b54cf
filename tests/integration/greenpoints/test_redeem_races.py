"""Many tills at once: a resident's coins are spent once, whoever is quicker."""

from threading import Barrier, Thread

import pytest
from behaviour_lines import AT, ride
from django.db import connection

from bookkeeping import queries as book
from core.errors import RuleViolation
from greenpoints.models import Redemption
from greenpoints.redemption import redemptions

pytestmark = pytest.mark.django_db(transaction=True)
TILLS = 20


def test_twenty_holds_at_once_never_overdraw(deliver, scene):
    deliver([ride(f"e{n}", 8 + 2 * n, metres=6_000) for n in range(2)])
    person = scene[0]
    coins = book.balance(f"coin:resident/{person}").posted
    answers: list[object] = [None] * TILLS
    barrier = Barrier(TILLS)

    def till(place: int) -> None:
        barrier.wait()
        try:
            answers[place] = redemptions.hold(
                person=person, merchant="tea-house", coins=1, order=f"o{place}", at=AT
            ).status
        except RuleViolation as refusal:
            answers[place] = refusal.code
        finally:
            connection.close()

    threads = [Thread(target=till, args=(place,)) for place in range(TILLS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < coins < TILLS
    assert sorted(map(str, answers)) == ["coins_not_available"] * (TILLS - coins) + ["held"] * coins
    assert Redemption.objects.count() == coins
    assert (book.balance(f"coin:resident/{person}").held, book.balance("fen:reserved/city").held) == (coins, 5 * coins)
