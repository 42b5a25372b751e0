from django.db import migrations, models

from streaming.db_index import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("streaming", "0004_links")]

    operations = [
        AddIndexBeside(
            model_name="storedfact",
            index=models.Index(fields=["person", "link", "venue_id"], name="facts_by_venue_id"),
        ),
    ]
