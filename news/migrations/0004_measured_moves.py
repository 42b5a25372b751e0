"""Impact in columns of its own, a row for each window. Nothing was written to the former table yet."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("news", "0003_items_of_desk_stories")]

    operations = [
        migrations.DeleteModel(name="NewsImpact"),
        migrations.CreateModel(
            name="NewsImpact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveBigIntegerField()),
                ("method", models.PositiveSmallIntegerField()),
                ("symbol", models.CharField(max_length=40)),
                ("category", models.CharField(max_length=20)),
                ("since", models.BigIntegerField(null=True)),
                ("mid", models.FloatField(null=True)),
                ("market_mid", models.FloatField(null=True)),
                ("beta", models.FloatField(null=True)),
                ("before", models.FloatField(null=True)),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="impacts", to="news.newsitem"
                    ),
                ),
                (
                    "list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="impacts", to="news.newslist"
                    ),
                ),
            ],
            options={
                "verbose_name": "impact",
                "indexes": [
                    models.Index(fields=["list", "version"], name="impacts_by_version"),
                    models.Index(fields=["list", "category"], name="impacts_by_category"),
                ],
                "constraints": [models.UniqueConstraint(fields=("list", "item"), name="one_impact_per_reader")],
            },
        ),
        migrations.CreateModel(
            name="NewsMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minutes", models.PositiveSmallIntegerField()),
                ("ends_at", models.BigIntegerField(null=True)),
                ("move", models.FloatField(null=True)),
                ("is_done", models.BooleanField(default=False)),
                ("void", models.CharField(blank=True, max_length=20)),
                ("is_confounded", models.BooleanField(default=False)),
                ("by", models.CharField(max_length=20)),
                ("expected_low", models.FloatField(null=True)),
                ("expected_mid", models.FloatField(null=True)),
                ("expected_high", models.FloatField(null=True)),
                ("expected_n", models.PositiveIntegerField()),
                (
                    "impact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="moves", to="news.newsimpact"
                    ),
                ),
            ],
            options={
                "verbose_name": "measured move",
                "ordering": ["impact", "minutes"],
                "indexes": [
                    models.Index(condition=models.Q(("is_done", False)), fields=["impact"], name="moves_under_way")
                ],
                "constraints": [models.UniqueConstraint(fields=("impact", "minutes"), name="one_move_per_window")],
            },
        ),
    ]
