"""Paths of the pages of news."""

from django.urls import re_path

from news import pages, views

app_name = "news"
urlpatterns = [
    re_path(r"^news/?$", pages.news, name="news"),
    re_path(r"^news/sources/?$", views.sources, name="sources"),
    re_path(r"^news/sources/add/?$", views.add, name="add_source"),
    re_path(r"^news/sources/(?P<link_id>[0-9a-f-]{36})/remove/?$", views.remove, name="remove_source"),
]
