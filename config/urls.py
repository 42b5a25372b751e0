"""Which path leads where."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="accounts:settings"), name="home"),
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("", include("streaming.urls")),
    path("", include("market.urls")),
    path("", include("trading.urls")),
]

handler500 = "config.apologies.broken"
