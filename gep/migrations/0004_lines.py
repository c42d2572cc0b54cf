"""What a parcel yielded, one line for each indicator, becomes one row for each parcel."""

from collections import defaultdict

from django.db import migrations
from django.db.models import Sum


def gather(apps, schema_editor):
    """Move the lines of every account into the rows of its parcels."""
    Run, Line = apps.get_model("gep", "Run"), apps.get_model("gep", "AccountLine")
    for run in Run.objects.all():
        lines = Line.objects.filter(account=run)
        run.indicators = sorted(set(lines.order_by().values_list("indicator", flat=True)))
        run.parcels = lines.order_by().values("parcel").distinct().count()
        run.total_fen = lines.aggregate(fen=Sum("value_fen"))["fen"] or 0
        run.save()
        for county in sorted(set(lines.order_by().values_list("parcel__county", flat=True))):
            run.area_m2 += _gather_county(apps, run, lines.filter(parcel__county=county))
        run.save()


def _gather_county(apps, run, lines):
    ParcelAccount = apps.get_model("gep", "ParcelAccount")
    places = {indicator: place for place, indicator in enumerate(run.indicators)}
    empty = {"quantity": [None], "value_fen": [None], "coverage": [None]}
    found = defaultdict(lambda: {name: value * len(places) for name, value in empty.items()})
    parcels = {}
    for line in lines.select_related("parcel").defer("parcel__geometry").iterator(chunk_size=5_000):
        place = places[line.indicator]
        parcels[line.parcel_id] = line.parcel
        figures = found[line.parcel_id]
        figures["quantity"][place], figures["value_fen"][place] = line.quantity, line.value_fen
        figures["coverage"][place] = line.coverage_share
    rows = [
        ParcelAccount(
            run=run,
            parcel_id=key,
            county=parcels[key].county,
            ecosystem=parcels[key].ecosystem,
            area_m2=parcels[key].area_m2,
            coverage_share=min((share for share in figures["coverage"] if share is not None), default=0.0),
            total_fen=(total := sum(fen for fen in figures["value_fen"] if fen is not None)),
            fen_per_m2=total / parcels[key].area_m2,
            figures=figures,
        )
        for key, figures in found.items()
    ]
    ParcelAccount.objects.bulk_create(rows, batch_size=2_000)
    return sum(parcel.area_m2 for parcel in parcels.values())


class Migration(migrations.Migration):
    dependencies = [("gep", "0003_catalogue")]

    operations = [
        migrations.RunPython(gather, migrations.RunPython.noop),
        migrations.DeleteModel("AccountLine"),
    ]
