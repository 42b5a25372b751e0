"""Paths of alerts."""

from django.urls import path, re_path

from alerts import channel_pages, pages
from alerts.api import channels, lookback, venues, views

app_name = "alerts"
urlpatterns = [
    re_path(r"^alerts/?$", pages.alerts, name="alerts"),
    re_path(r"^alerts/channels/?$", channel_pages.channels, name="channels"),
    path("alerts/channels/add", channel_pages.add, name="add_channel"),
    path("alerts/channels/<uuid:channel>/<slug:what>", channel_pages.act, name="act_on_channel"),
    path("push-worker.js", pages.push_worker, name="push_worker"),
    re_path(r"^api/alerts/channels/?$", channels.channels, name="api_channels"),
    path("api/alerts/channels/<uuid:channel>", channels.one_channel, name="api_channel"),
    path("api/alerts/channels/<uuid:channel>/try", channels.try_channel, name="try_channel"),
    re_path(r"^api/alerts/deliveries/?$", channels.deliveries, name="deliveries"),
    path("api/alerts/push", channels.push, name="push"),
    path("api/alerts/push/renewed", channels.renewed, name="renewed"),
    path("api/alerts/receipts/<str:receipt>", channels.receipts, name="receipts"),
    re_path(r"^api/alerts/?$", views.every, name="every"),
    re_path(r"^api/alerts/check/?$", views.check, name="check"),
    re_path(r"^api/alerts/venues/?$", venues.venues, name="venues"),
    re_path(r"^api/alerts/lookback/?$", lookback.lookback, name="lookback"),
    re_path(r"^api/alerts/(?P<id>\d{1,18})/?$", views.one, name="one"),
    re_path(r"^api/alerts/(?P<id>\d{1,18})/snooze/?$", views.snooze, name="snooze"),
    re_path(r"^api/alerts/(?P<id>\d{1,18})/arm/?$", views.arm, name="arm"),
]
