"""The bases of calculations, kept once each: rows point to theirs, and are worked out again from it."""

from collections.abc import Iterable

from greenpoints.models import Basis as KeptBasis
from greenpoints.quantification.bases import Basis


def keep(bases: Iterable[Basis]) -> dict[str, int]:
    """Return the key of each basis by its digest, storing those that were not there; in the caller's transaction."""
    by_digest = {basis.digest: basis for basis in bases}
    found = _keys(by_digest)
    missing = [basis for digest, basis in by_digest.items() if digest not in found]
    if missing:
        KeptBasis.objects.bulk_create(
            [
                KeptBasis(
                    digest=basis.digest, act=basis.act, material=basis.material, evidence=basis.evidence,
                    content=basis.content,
                )
                for basis in missing
            ],
            ignore_conflicts=True,  # another worker may have stored it meanwhile: the same digest is the same content
        )  # fmt: skip
        found = _keys(by_digest)
    return found


def _keys(digests: Iterable[str]) -> dict[str, int]:
    return dict(KeptBasis.objects.filter(digest__in=list(digests)).values_list("digest", "id"))
