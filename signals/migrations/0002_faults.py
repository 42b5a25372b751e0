import typing

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: typing.ClassVar = [
        ("signals", "0001_initial"),
    ]

    operations: typing.ClassVar = [
        migrations.AddField(
            model_name="learnerprogress",
            name="fault",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="signalfollower",
            name="silent",
            field=models.JSONField(default=dict),
        ),
    ]
