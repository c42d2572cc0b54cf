"""The city's pool in the story: the day's rides become units, some of which are retired for an event."""

from datetime import UTC, date, datetime

from greenpoints.registry import claims, entrustments, methods, pools, units
from identity import real_names

METHOD, VINTAGE = "RIDES", 2026
FILED = datetime(2026, 11, 2, 1, tzinfo=UTC)  # a Monday
NOTICE_OVER = datetime(2026, 11, 12, 1, tzinfo=UTC)
FROZEN = datetime(2027, 1, 8, 1, tzinfo=UTC)  # the first day on which no ride of 2026 can arrive
ISSUED = datetime(2027, 1, 20, 1, tzinfo=UTC)


def retire_units(residents: list[str], *, partner: str, county: str) -> tuple[str, str]:
    """Pool what the residents rode, issue it and retire a kilogram; return its serial number and its certificate."""
    put_on_file(partner)
    for number, person in enumerate(residents):
        real_names.confirm(person, token=f"demo-{number}", age_group="adult", at=NOTICE_OVER)
        terms = entrustments.terms_in_force(NOTICE_OVER)
        entrustments.entrust(person, method=METHOD, vintage=VINTAGE, terms=terms, at=NOTICE_OVER)
    frozen = pools.freeze(method=METHOD, vintage=VINTAGE, county=county, by="maker", at=FROZEN)
    batch = pools.collect(frozen.code, at=FROZEN)
    for one in batch.pooled_events.filter(sampled=True).select_related("behaviour"):
        pools.record_finding(
            batch.code, partner=partner, external_id=one.behaviour.external_id, confirmed=True, by="auditor", at=FROZEN
        )
    pools.issue(batch.code, by="checker", at=ISSUED)
    done = units.retire(
        order="marathon", serial_or_series=f"{METHOD}-{VINTAGE}", holder="lvbao-pool", quantity_kg=1,
        beneficiary="抚州马拉松（演示）", purpose="event", by="checker", at=ISSUED,
    )  # fmt: skip
    return done.serials[0], done.certificate


def put_on_file(partner: str) -> None:
    """File the method for shared bikes and buses, and enter that the partner claims the rides nowhere else.

    A second method stays on public notice and a third one at its first step, so that each has its buttons.
    """
    for code, acts in ((METHOD, ["M02", "M05"]), ("TAPS", ["M06"]), ("OTHERS", ["M07"])):
        methods.file(
            code=code, title_zh="公共出行（演示）", title_en="Public transport (demonstration)",
            acts=acts, document_ref="DEMO-1", document_digest="d" * 64,
            by="maker", at=FILED,
        )  # fmt: skip
    for code in (METHOD, "TAPS"):
        methods.review(code, review_ref="专家评审意见（演示）", by="maker", at=FILED)
        methods.publish_notice(code, by="maker", at=FILED)
    methods.approve(METHOD, by="checker", at=NOTICE_OVER)
    claims.attest(
        kind="partner_warranty", subject=partner, valid_from=date(2026, 1, 1), valid_to=date(2027, 1, 1),
        document_ref="保证书（演示）", by="maker", at=FILED,
    )  # fmt: skip
