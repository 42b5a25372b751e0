"""Paths of the streams' pages and probes."""

from django.urls import re_path

from streaming.views import probes, status

app_name = "streaming"
urlpatterns = [
    re_path(r"^health/?$", probes.health, name="health"),
    re_path(r"^ready/?$", probes.ready, name="ready"),
    re_path(r"^api/stream/view/?$", probes.store_view, name="store_view"),
    re_path(r"^status/?$", status.page, name="status"),
    re_path(r"^status/now/?$", status.now, name="status_now"),
    re_path(r"^status/facts/?$", status.facts, name="status_facts"),
    re_path(r"^status/diagnostics/?$", status.diagnostics, name="status_diagnostics"),
    re_path(r"^ws/status/?$", probes.status_json, name="status_json"),
    re_path(r"^metrics/?$", probes.prometheus, name="metrics"),
]
