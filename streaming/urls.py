"""Paths of the streams' pages and probes."""

from django.urls import re_path

from streaming import views

app_name = "streaming"
urlpatterns = [
    re_path(r"^health/?$", views.health, name="health"),
    re_path(r"^ready/?$", views.ready, name="ready"),
    re_path(r"^api/stream/view/?$", views.store_view, name="store_view"),
    re_path(r"^status/?$", views.status_page, name="status"),
    re_path(r"^ws/status/?$", views.status_json, name="status_json"),
    re_path(r"^metrics/?$", views.prometheus, name="metrics"),
]
