"""Where people manage their links and tokens. Every path works with and without a final slash."""

from django.urls import re_path

from accounts.views import address, redirect, settings_page, tokens

app_name = "accounts"

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
LINK = rf"(?P<link_id>{UUID})"
VENUE = r"(?P<venue>[a-z0-9_]{1,20})"
TOKEN = r"(?P<token>[\w-]{16,128})"

urlpatterns = [
    re_path(r"^settings/?$", settings_page.settings, name="settings"),
    re_path(r"^email/?$", address.change, name="address"),
    re_path(r"^email/confirm/(?P<token>[\w:.-]{16,400})/?$", address.confirm, name="confirm-address"),
    re_path(r"^password/reset/?$", settings_page.reset_password, name="reset-password"),
    re_path(rf"^links/{LINK}/relink/?$", settings_page.relink, name="relink"),
    re_path(rf"^links/{LINK}/test/?$", settings_page.test, name="test"),
    re_path(rf"^links/{LINK}/remove/?$", settings_page.remove, name="remove"),
    re_path(rf"^links/{LINK}/default-account/?$", settings_page.choose_account, name="default-account"),
    re_path(rf"^links/{LINK}/(?P<way>up|down)/?$", settings_page.move, name="move"),
    re_path(r"^links/callback/?$", redirect.callback, name="callback"),
    re_path(rf"^links/leaving/(?P<pending_id>{UUID})/?$", redirect.leaving, name="leaving"),
    re_path(rf"^links/{LINK}/redirect/?$", redirect.relink, name="relink-redirect"),
    re_path(rf"^links/{VENUE}/redirect/?$", redirect.link, name="link-redirect"),
    re_path(rf"^links/{VENUE}/?$", settings_page.link, name="link"),
    re_path(r"^tokens/?$", tokens.manage, name="tokens"),
    re_path(r"^tokens/(?P<token_id>[0-9]{1,12})/revoke/?$", tokens.revoke, name="revoke-token"),
    re_path(r"^invitations/?$", settings_page.invite, name="invite"),
    re_path(r"^invitations/(?P<invitation>[0-9]{1,12})/withdraw/?$", settings_page.withdraw, name="withdraw"),
    re_path(rf"^invitations/{TOKEN}/?$", settings_page.accept, name="invitation"),
    re_path(rf"^claim/{TOKEN}/?$", settings_page.claim, name="claim"),
]
