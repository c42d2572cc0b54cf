"""The door of the API: what a request may weigh and hold before any operation sees it."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja.parser import Parser

from core import json
from core.text import ForbiddenCharacter, clean

LARGEST_BODY_BYTES = 1024 * 1024
LARGEST_SIGNED_BATCH_BYTES = 8 * 1024 * 1024
MOST_ROWS_OF_A_PAGE = 200
MOST_QUERY_VALUES = 200
JSON_TYPE = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?', re.I)
WHOLE_NUMBER = re.compile(r"[+-]?\d+")


class Refused(Exception):
    """A request that is turned away at the door: its status, a stable code and a text for people."""

    def __init__(self, status: int, code: str, message: str | Promise) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class StrictParser(Parser):
    """Reads bodies as JSON with exactly one meaning, whatever the size of the trouble in them."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the value of the body; raise ``Refused`` for another content type, ``InvalidJson`` for bad JSON."""
        if not JSON_TYPE.fullmatch(request.headers.get("Content-Type", "").strip()):
            raise Refused(415, "unsupported_media_type", _("请求体必须是 application/json。"))
        return json.loads_strict(request.body)


def check_address(request: HttpRequest) -> None:
    """Refuse a path or query with characters, numbers, or a ``limit`` that no operation takes."""
    try:
        values = [value for name in request.GET for value in (name, *request.GET.getlist(name))]
    except TooManyFieldsSent:
        raise _too_many() from None
    if len(values) > 2 * MOST_QUERY_VALUES:
        raise _too_many()
    for text in (*request.path_info.split("/"), *values):
        _check_text(text)
    limit = request.GET.get("limit")
    if limit is not None and not (WHOLE_NUMBER.fullmatch(limit) and 1 <= int(limit) <= MOST_ROWS_OF_A_PAGE):
        raise Refused(422, "limit_out_of_range", _("limit 必须是 1 到 200 的整数。"))


def check_size(request: HttpRequest, *, route: str) -> None:
    """Refuse a body that is larger than its route takes, before a byte of it is read."""
    large = any(re.search(pattern, route) for pattern in settings.LARGE_BODY_ROUTES)
    most = LARGEST_SIGNED_BATCH_BYTES if large else LARGEST_BODY_BYTES
    length = request.headers.get("Content-Length") or "0"
    if not length.isdigit() or int(length) > most:
        raise too_large()


def too_large() -> Refused:
    """Return the refusal of a body over the limit."""
    return Refused(413, "body_too_large", _("请求体过大。"))


def of_exception(error: BaseException | None) -> Refused | None:
    """Return the refusal that an exception stands for, where it stands for one."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, RequestDataTooBig):
        return too_large()
    if isinstance(error, SuspiciousOperation | BadRequest | MultiPartParserError):
        return Refused(400, "bad_request", _("请求有误。"))
    if isinstance(error, json.InvalidJson):
        return Refused(400, "invalid_json", _("请求体不是可接受的 JSON：%(why)s。") % {"why": error})
    return None


def _too_many() -> Refused:
    return Refused(422, "too_many_parameters", _("查询参数过多。"))


def _check_text(text: str) -> None:
    try:
        clean(text)
    except ForbiddenCharacter:
        raise Refused(422, "forbidden_character", _("地址中含有不允许的字符。")) from None
    if WHOLE_NUMBER.fullmatch(text) and (len(text) > 20 or abs(int(text)) > json.LARGEST_INTEGER):
        raise Refused(422, "number_out_of_range", _("地址中的整数超出范围。"))
