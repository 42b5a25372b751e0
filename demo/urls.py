"""The one path that a demo adds."""

from django.urls import path

from demo import entry

app_name = "demo"

urlpatterns = [path("enter/", entry.enter, name="enter")]
