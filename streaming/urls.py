"""Paths of the streams' pages and probes."""

from django.urls import re_path

from streaming import status_views, views

app_name = "streaming"
urlpatterns = [
    re_path(r"^health/?$", views.health, name="health"),
    re_path(r"^ready/?$", views.ready, name="ready"),
    re_path(r"^api/stream/view/?$", views.store_view, name="store_view"),
    re_path(r"^status/?$", status_views.page, name="status"),
    re_path(r"^status/now/?$", status_views.now, name="status_now"),
    re_path(r"^status/facts/?$", status_views.facts, name="status_facts"),
    re_path(r"^status/diagnostics/?$", status_views.diagnostics, name="status_diagnostics"),
    re_path(r"^ws/status/?$", views.status_json, name="status_json"),
    re_path(r"^metrics/?$", views.prometheus, name="metrics"),
]
