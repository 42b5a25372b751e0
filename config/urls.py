"""Which path leads where."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("", include("streaming.urls")),
    path("", include("market.urls")),
    path("", include("trading.urls")),
    path("", include("news.urls")),
    path("", include("alerts.urls")),
    path("", include("signals.urls")),
    path("", include("desk.urls")),
    *([path("demo/", include("demo.urls"))] if settings.ENVIRONMENT == "demo" else []),
]

handler500 = "config.error_pages.server_error"
