"""Paths of the desk."""

from django.urls import path, re_path

from desk import pages, views
from desk.layout import SCREENS

app_name = "desk"
urlpatterns = [
    path("", pages.desk, name="desk"),
    re_path(rf"^api/desk/layout/(?P<screen>{'|'.join(SCREENS)})/?$", views.one_layout, name="layout"),
    re_path(r"^api/desk/preferences/?$", views.choices, name="preferences"),
]
