"""Paths of the book's pages."""

from django.urls import re_path

from trading import pages

app_name = "trading"
urlpatterns = [
    re_path(r"^portfolio/?$", pages.portfolio, name="portfolio"),
]
