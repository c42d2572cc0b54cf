"""A method on file, and a year of entrusted rides: what the tests of the registry begin with."""

from datetime import UTC, date, datetime

from greenpoints.registry import claims, entrustments, methods, pools

FILED = datetime(2026, 11, 2, 1, tzinfo=UTC)  # a Monday
NOTICE_OVER = datetime(2026, 11, 12, 1, tzinfo=UTC)
ENTRUSTED = datetime(2026, 11, 13, 1, tzinfo=UTC)
FROZEN = datetime(2027, 1, 8, 1, tzinfo=UTC)  # the first day on which no ride of 2026 can arrive
ISSUED = datetime(2027, 1, 20, 1, tzinfo=UTC)
DIGEST = "d" * 64


def filed(code="TRANSIT", acts=("M02", "M05"), by="maker"):
    return methods.file(
        code=code, title_zh="公共出行", title_en="Public transport", acts=list(acts), document_ref="DD-1",
        document_digest=DIGEST, by=by, at=FILED,
    )  # fmt: skip


def on_file(code="TRANSIT", acts=("M02", "M05")):
    filed(code, acts)
    methods.review(code, review_ref="专家评审意见 1 号", by="maker", at=FILED)
    methods.publish_notice(code, by="maker", at=FILED)
    return methods.approve(code, by="checker", at=NOTICE_OVER)


def warranted(partner="bike-co"):
    claims.attest(
        kind="partner_warranty", subject=partner, valid_from=date(2026, 1, 1), valid_to=date(2027, 1, 1),
        document_ref="保证书 1", by="maker", at=FILED,
    )  # fmt: skip


def entrust(person, method="TRANSIT", vintage=2026, at=ENTRUSTED):
    entrustments.entrust(person, method=method, vintage=vintage, terms=entrustments.terms_in_force(at), at=at)


def frozen(method="TRANSIT", vintage=2026, county="361002"):
    batch = pools.freeze(method=method, vintage=vintage, county=county, by="maker", at=FROZEN)
    return pools.collect(batch.code, at=FROZEN)


def audited(batch, refuted=()):
    for one in batch.pooled_events.filter(sampled=True).select_related("behaviour"):
        pools.record_finding(
            batch.code, partner=one.behaviour.partner, external_id=one.behaviour.external_id,
            confirmed=one.behaviour.external_id not in refuted, by="auditor", at=FROZEN,
        )  # fmt: skip


def issued(method="TRANSIT", vintage=2026, county="361002"):
    batch = frozen(method, vintage, county)
    audited(batch)
    return pools.issue(batch.code, by="checker", at=ISSUED)
