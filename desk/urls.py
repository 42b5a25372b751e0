"""Paths of the desk."""

from django.urls import path

from desk import pages

app_name = "desk"
urlpatterns = [
    path("", pages.desk, name="desk"),
]
