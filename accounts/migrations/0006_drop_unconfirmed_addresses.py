"""Drops what nobody confirmed beside a person's own address: it let them in, and resets were mailed to it."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Delete addresses that are neither confirmed nor their person's own."""
    addresses = apps.get_model("account", "EmailAddress")
    for person in apps.get_model("accounts", "User").objects.filter(emailaddress__verified=False).distinct().iterator():
        addresses.objects.filter(user_id=person.pk, verified=False).exclude(email__iexact=person.email).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_rank_of_links"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
