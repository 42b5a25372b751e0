"""Paths of signals."""

from django.urls import path, re_path

from signals import pages

app_name = "signals"
urlpatterns = [
    re_path(r"^learning/?$", pages.scoreboard, name="scoreboard"),
    path("learning/follow", pages.follow, name="follow"),
    path("learning/models/<int:place>", pages.model, name="model"),
    path("learning/chain", pages.chain, name="chain"),
    path("learning/export", pages.export, name="export"),
]
