from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streaming", "0003_cursors")]

    operations = [
        migrations.AddField(
            model_name="ownership",
            name="links",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
    ]
