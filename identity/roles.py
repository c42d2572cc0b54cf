"""Grants and revokes roles, and asks for them. Every question reads the database, so a revocation holds at once."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja.security import APIKeyCookie

from core import events, regions
from core.errors import RuleViolation
from identity.models import RoleGrant, User
from identity.role_codes import ADMINISTRATOR_DUTIES, Role


class RoleUnknown(RuleViolation):
    """There is no such role, or no such region to hold it in."""

    code = "role_unknown"
    message = _("没有该角色或行政区划。")
    status = 422


class DutiesClash(RuleViolation):
    """A user may hold one of the three administrator duties only."""

    code = "duties_clash"
    message = _("系统、安全、审计三类管理员不得由同一人兼任。")


class RoleMissing(RuleViolation):
    """The signed-in user does not hold the role that this needs."""

    code = "role_missing"
    message = _("您没有执行该操作的权限。")
    status = 403


def grant(
    user: User | str, role: str, *, by: User | str, at: datetime, region: str = regions.FUZHOU, organisation: str = ""
) -> None:
    """Grant a role to a user (or username) in a region and all within it. Again: nothing.

    Raises DutiesClash where the user would hold two administrator duties; the database refuses that too.
    """
    if role not in Role.values or region not in regions.table():
        raise RoleUnknown(role=role, region=region)
    with transaction.atomic():
        holder = User.objects.select_for_update().get(username=_username(user))
        in_force = RoleGrant.objects.filter(user=holder, revoked_at__isnull=True)
        if in_force.filter(role=role, region=region, organisation=organisation).exists():
            return
        if role in ADMINISTRATOR_DUTIES and in_force.filter(role__in=ADMINISTRATOR_DUTIES).exists():
            raise DutiesClash(user=holder.username, role=role)
        RoleGrant.objects.create(
            user=holder, role=role, region=region, organisation=organisation, granted_by=_username(by), granted_at=at
        )
        _tell("identity.role.granted", holder, role, region, by, at)


def revoke(
    user: User | str, role: str, *, by: User | str, at: datetime, region: str = regions.FUZHOU, organisation: str = ""
) -> bool:
    """Revoke a role; return whether it was held. The next request of the user is refused."""
    with transaction.atomic():
        holder = User.objects.get(username=_username(user))
        changed = RoleGrant.objects.filter(
            user=holder, role=role, region=region, organisation=organisation, revoked_at__isnull=True
        ).update(revoked_at=at, revoked_by=_username(by))
        if changed:
            _tell("identity.role.revoked", holder, role, region, by, at)
    return bool(changed)


def holds(user: Any, role: str, *, region: str = regions.FUZHOU, organisation: str | None = None) -> bool:
    """Return whether an active user holds ``role`` in ``region`` or a wider one, for ``organisation`` where named."""
    if not getattr(user, "is_authenticated", False):
        return False
    grants = RoleGrant.objects.filter(
        user_id=user.pk, user__is_active=True, role=role, region__in=regions.chain(region), revoked_at__isnull=True
    )
    if organisation is not None:
        grants = grants.filter(organisation__in=["", organisation])
    return grants.exists()


def held(user: Any) -> set[str]:
    """Return the codes of all roles that an active user holds anywhere."""
    if not getattr(user, "is_authenticated", False):
        return set()
    grants = RoleGrant.objects.filter(user_id=user.pk, user__is_active=True, revoked_at__isnull=True)
    return set(grants.values_list("role", flat=True))


def regions_of(user: Any, *any_of: str) -> set[str]:
    """Return the regions in which an active user holds one of the roles; each stands for all within it too."""
    if not getattr(user, "is_authenticated", False):
        return set()
    grants = RoleGrant.objects.filter(user_id=user.pk, user__is_active=True, role__in=any_of, revoked_at__isnull=True)
    return set(grants.values_list("region", flat=True))


def required(*any_of: str) -> Callable:
    """Return a decorator for a view that lets in holders of one of the roles; others sign in, or get RoleMissing."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not held(request.user) & set(any_of):
                raise RoleMissing(needs=sorted(any_of))
            return view(request, *args, **kwargs)

        return checked

    return decorate


class Staff(APIKeyCookie):
    """Ninja auth: a session (with its CSRF token) whose user holds one of the roles; ``request.auth`` is the user."""

    def __init__(self, *any_of: str) -> None:
        self.param_name = settings.SESSION_COOKIE_NAME
        self.any_of = frozenset(any_of)
        super().__init__(csrf=True)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Return the user; None (401) where nobody is signed in, RoleMissing (403) where the role is not held."""
        if not request.user.is_authenticated:
            return None
        if not held(request.user) & self.any_of:
            raise RoleMissing(needs=sorted(self.any_of))
        return request.user


def _username(user: User | str) -> str:
    return user if isinstance(user, str) else user.username


def _tell(kind: str, holder: User, role: str, region: str, by: User | str, at: datetime) -> None:
    detail = {"role": role, "region": region, "by": _username(by)}
    events.record(kind, subject=f"user/{holder.pk}", occurred_at=at, detail=detail)
