"""Two people may read the same row; only the first to write it again may, and the other is told."""

from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation


class RevisionStale(RuleViolation):
    """Somebody changed it since it was read."""

    code = "gep_revision_stale"
    message = _("内容已被他人更改，请重新读取后再提交。")
    status = 412


class RevisionMissing(RuleViolation):
    """The request does not say which revision it rests on."""

    code = "gep_revision_missing"
    message = _("请在 If-Match 中注明所依据的版本。")
    status = 428
