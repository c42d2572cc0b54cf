from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from identity import people, roles
from identity.models import RoleGrant, User

pytestmark = pytest.mark.django_db
DUTIES = ["system_administrator", "security_administrator", "audit_administrator"]


@pytest.fixture
def clerk(at):
    return people.register_user("clerk", "correct-horse-9", roles=["policy_officer"], region="361028", at=at)


def test_a_grant_holds_in_its_region_and_within(clerk, at):
    assert roles.holds(clerk, "policy_officer", region="361028")
    assert not roles.holds(clerk, "policy_officer", region="361000")
    roles.grant(clerk, "analyst", by="boss", at=at)
    assert roles.holds(clerk, "analyst", region="361028")
    assert roles.held(clerk) == {"policy_officer", "analyst"}


def test_a_revocation_is_felt_by_the_very_next_question(clerk, at):
    assert roles.revoke(clerk, "policy_officer", region="361028", by="boss", at=at)
    assert not roles.holds(clerk, "policy_officer", region="361028")
    assert not roles.revoke(clerk, "policy_officer", region="361028", by="boss", at=at)


def test_a_disabled_user_holds_nothing(clerk):
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert not roles.holds(clerk, "policy_officer", region="361028")
    assert roles.held(clerk) == set()


@pytest.mark.parametrize("first", DUTIES)
@pytest.mark.parametrize("second", DUTIES)
def test_nobody_holds_two_administrator_duties(clerk, at, first, second):
    roles.grant(clerk, first, by="boss", at=at)
    if first == second:
        roles.grant(clerk, second, by="boss", at=at)
        assert roles.holds(clerk, first)
        return
    with pytest.raises(roles.DutiesClash):
        roles.grant(clerk, second, by="boss", at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(user=clerk, role=second, region="361000", granted_by="x", granted_at=at)
    roles.revoke(clerk, first, by="boss", at=at)
    roles.grant(clerk, second, by="boss", at=at)
    assert roles.holds(clerk, second)


def test_an_unknown_role_is_refused(clerk):
    with pytest.raises(roles.RoleUnknown):
        roles.grant(clerk, "king", by="boss", at=datetime(2026, 11, 20, tzinfo=UTC))


def test_views_ask_on_every_request(clerk, at):
    view = roles.required("policy_officer")(lambda request: HttpResponse("in"))
    request = RequestFactory().get("/desk/")
    request.user = clerk
    assert view(request).content == b"in"
    roles.revoke(clerk, "policy_officer", region="361028", by="boss", at=at)
    with pytest.raises(roles.RoleMissing):
        view(request)


def test_views_send_strangers_to_sign_in():
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get("/desk/")
    request.user = AnonymousUser()
    answer = roles.required("policy_officer")(lambda request: HttpResponse("in"))(request)
    assert (answer.status_code, answer.url) == (302, "/sign-in/?next=/desk/")
