from django.db import migrations, models

from streaming.db_index import AddIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("trading", "0003_reconciling")]

    operations = [
        AddIndexBeside(model_name="fill", index=models.Index(fields=["person", "fact"], name="fills_by_fact")),
    ]
