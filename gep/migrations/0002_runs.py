"""Accounts are runs from now on; what they were keeps its rows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("gep", "0001_initial")]

    operations = [
        migrations.RenameModel("Account", "Run"),
        migrations.RemoveConstraint("AccountTotal", "gep_total_once"),
        migrations.RenameField("AccountTotal", "account", "run"),
    ]
