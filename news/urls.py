"""Paths of the pages of news."""

from django.urls import re_path

from news import pages

app_name = "news"
urlpatterns = [
    re_path(r"^news/?$", pages.news, name="news"),
]
