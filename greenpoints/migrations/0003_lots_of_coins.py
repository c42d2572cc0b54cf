"""Coins that were there before lots get one lot a resident: as long as coins earned on their latest day live."""

from django.db import migrations

from greenpoints import rewards

PREFIX = "coin:"


def fill(apps, schema_editor):
    redemptions = apps.get_model("greenpoints", "Redemption").objects
    for row in redemptions.all().iterator():
        row.holder, row.confirmed_fen = f"resident/{row.person_ref}", row.confirmed_coins * row.unit_cost_fen
        row.save(update_fields=["holder", "confirmed_fen"])
    lots, uses = {}, apps.get_model("greenpoints", "LotUse").objects
    for account in apps.get_model("bookkeeping", "Account").objects.filter(code__startswith="coin:resident/"):
        holder = account.code.removeprefix(PREFIX)
        lot = _lot(apps, holder)
        if lot is not None:
            lot.coins, lot.held_coins = account.balance, account.held_out
            lot.save()
            lots[holder] = lot
    for row in redemptions.exclude(status="released").filter(holder__in=lots):
        spent = None if row.status == "held" else row.confirmed_coins
        uses.create(
            reference=f"redemption/{row.merchant}/{row.order}",
            lot=lots[row.holder],
            coins=row.coins,
            spent_coins=spent,
        )


def _lot(apps, holder):
    issues = apps.get_model("greenpoints", "Issue").objects.filter(
        person_ref=holder.removeprefix("resident/"), status="issued"
    )
    latest = issues.order_by("-business_on", "-id").first()
    if latest is None:
        return None
    day = latest.business_on
    return apps.get_model("greenpoints", "Lot")(
        holder=holder,
        expires_on=rewards.expires_on(day, life_months=rewards.lot_rules(day).life_months),
        sponsor=latest.sponsor,
        unit_cost_fen=latest.cost_fen // latest.coins,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("greenpoints", "0002_lots"),
        ("bookkeeping", "0002_short_reference_index"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveField(model_name="redemption", name="sponsor"),
        migrations.RemoveField(model_name="redemption", name="unit_cost_fen"),
    ]
