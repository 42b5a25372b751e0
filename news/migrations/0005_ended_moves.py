"""Each move says with which change of its reader's list it ended, so that a reader of moves finds each once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("news", "0004_measured_moves")]

    operations = [
        migrations.AddField(
            model_name="newsmove", name="version", field=models.PositiveBigIntegerField(db_default=0, default=0)
        )
    ]
