"""Where people manage their links and tokens. Every path works with and without a final slash."""

from django.urls import re_path

from accounts import redirect_views, token_views, views

app_name = "accounts"

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
LINK = rf"(?P<link_id>{UUID})"
VENUE = r"(?P<venue>[a-z0-9_]{1,20})"
TOKEN = r"(?P<token>[\w-]{16,128})"

urlpatterns = [
    re_path(r"^settings/?$", views.settings, name="settings"),
    re_path(r"^password/reset/?$", views.reset_password, name="reset-password"),
    re_path(rf"^links/{LINK}/relink/?$", views.relink, name="relink"),
    re_path(rf"^links/{LINK}/test/?$", views.test, name="test"),
    re_path(rf"^links/{LINK}/remove/?$", views.remove, name="remove"),
    re_path(rf"^links/{LINK}/default-account/?$", views.choose_account, name="default-account"),
    re_path(rf"^links/{LINK}/(?P<way>up|down)/?$", views.move, name="move"),
    re_path(r"^links/callback/?$", redirect_views.callback, name="callback"),
    re_path(rf"^links/leaving/(?P<pending_id>{UUID})/?$", redirect_views.leaving, name="leaving"),
    re_path(rf"^links/{LINK}/redirect/?$", redirect_views.relink, name="relink-redirect"),
    re_path(rf"^links/{VENUE}/redirect/?$", redirect_views.link, name="link-redirect"),
    re_path(rf"^links/{VENUE}/?$", views.link, name="link"),
    re_path(r"^tokens/?$", token_views.manage, name="tokens"),
    re_path(r"^tokens/(?P<token_id>[0-9]{1,12})/revoke/?$", token_views.revoke, name="revoke-token"),
    re_path(r"^invitations/?$", views.invite, name="invite"),
    re_path(r"^invitations/(?P<invitation>[0-9]{1,12})/withdraw/?$", views.withdraw, name="withdraw"),
    re_path(rf"^invitations/{TOKEN}/?$", views.accept, name="invitation"),
    re_path(rf"^claim/{TOKEN}/?$", views.claim, name="claim"),
]
