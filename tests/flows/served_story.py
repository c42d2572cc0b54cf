"""The site as a WSGI application over the told story: requests are signed, signed in, and undone one by one."""

import io
import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from config.wsgi import application
from identity import organisations, partner_keys, people, roles, signatures
from tests.browser import story

AT = datetime(2026, 5, 20, 4, tzinfo=UTC)
SIGNED = "/api/v1/greenpoints/"
NONCES = itertools.count()


class ServedStory:
    """Serves the story to one who holds every role, and signs for a partner who is a merchant too."""

    def __init__(self) -> None:
        # As Django's own test client does: the transaction around a request must not lose its connection.
        request_started.disconnect(close_old_connections)
        request_finished.disconnect(close_old_connections)
        self.told = story.tell()
        organisations.register(code="fuzz-co", name="试", kind="merchant", region="361028", at=AT)
        self.key = partner_keys.issue(organisation="fuzz-co", algorithm="ed25519", at=AT)
        self.cookies = self._signed_in()
        self.known = self._known()

    def close(self) -> None:
        """Have connections looked after again as usual."""
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)

    def _signed_in(self) -> str:
        names = ("operator", "auditor", "finance_officer", "seller", "merchant", "analyst")
        user = people.register_user("everyone", story.PASSWORD, organisation="bamboo-coop", roles=names, at=AT)
        roles.grant(user, "seller", by="system", at=AT)
        client = Client()
        client.force_login(get_user_model().objects.get(pk=user.pk))
        return f"sessionid={client.cookies['sessionid'].value}; csrftoken={'c' * 32}"

    def _known(self) -> dict[str, list[str]]:
        """Return names that lead somewhere, by the name of the path parameter."""
        from gep import queries as gep_queries

        account = gep_queries.latest_account()
        codes = [self.told.listing, "DEMO-RIGHT-SALE", f"coin:resident/{self.told.person}", "fen:bank/custody"]
        return {
            "code": [*codes, account.code if account else ""],
            "parcel": [self.told.parcel],
            "number": [self.told.claim],
            "order": ["order-1"],
            "last_on": ["2026-11-20"],
            "other": [account.code if account else ""],
            "serial": ["CN-JX-FZ-LBR-TRANSIT-2026-0000000001-0000000001"],
            "external_id": ["e1"],
            "reference": [self.told.redemption],
        }

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request; what it changed is undone, so that every request meets the same story."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        path = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")
        environ["HTTP_COOKIE"] = self.cookies
        environ["HTTP_X_CSRFTOKEN"] = "c" * 32
        environ["HTTP_HOST"] = "localhost"
        if path.startswith(SIGNED):
            environ.update(self._signature(environ["REQUEST_METHOD"], body, environ))
        with transaction.atomic(), override_settings(ALLOWED_HOSTS=["localhost"]):
            answer = list(application(environ, start_response))
            transaction.set_rollback(True)
        return answer

    def _signature(self, method: str, body: bytes, environ: dict[str, Any]) -> dict[str, str]:
        path = WSGIRequest(dict(environ)).get_full_path()
        headers = signatures.sign(
            body, key_id=self.key.key_id, secret=self.key.secret, method=method, path=path, at=timezone.now(),
            nonce=f"nonce-{next(NONCES):016}", idempotency_key=environ.get("HTTP_IDEMPOTENCY_KEY", ""),
        )  # fmt: skip
        return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
