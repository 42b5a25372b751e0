"""Paths of alerts."""

from django.urls import re_path

from alerts import pages
from alerts.api import views

app_name = "alerts"
urlpatterns = [
    re_path(r"^alerts/?$", pages.alerts, name="alerts"),
    re_path(r"^api/alerts/?$", views.every, name="every"),
    re_path(r"^api/alerts/check/?$", views.check, name="check"),
    re_path(r"^api/alerts/(?P<id>\d{1,18})/?$", views.one, name="one"),
    re_path(r"^api/alerts/(?P<id>\d{1,18})/snooze/?$", views.snooze, name="snooze"),
    re_path(r"^api/alerts/(?P<id>\d{1,18})/arm/?$", views.arm, name="arm"),
]
