"""Which path of the chat leads where, beside Django's handler."""

import typing

from django.urls import URLPattern, re_path

from assistant.chat.endpoints import agreement, chat_health, completions, conversations, models_list, tool_call
from assistant.chat.endpoints.door import Handler, behind_door
from assistant.chat.switch import when_chat_on
from market.routing import at
from streaming.transports.auth_middleware import let_in
from streaming.transports.backpressure import on_line


def _at(pattern: str, **handlers: Handler) -> URLPattern:
    """Return the route to the handlers of methods."""
    served: typing.Any = on_line(behind_door(**handlers))  # Django's types let routes lead to views only
    route: URLPattern = re_path(pattern, served)
    return route


http_urlpatterns = [
    at(r"^chat/health/?$", when_chat_on(let_in(chat_health.serve))),
    _at(r"^chat/complete/?$", POST=completions.complete),
    _at(r"^v1/chat/completions/?$", POST=completions.complete),
    _at(r"^v1/models/?$", GET=models_list.list_models),
    _at(r"^chat/consent/?$", POST=agreement.agree, DELETE=agreement.withdraw),
    _at(r"^chat/tools/?$", POST=tool_call.call),
    _at(r"^chat/conversations/?$", GET=conversations.list_all, DELETE=conversations.delete_all),
    _at(r"^chat/conversations/export/?$", GET=conversations.export),
    _at(
        r"^chat/conversations/(?P<conversation>[0-9a-f-]{36})/?$",
        GET=conversations.read_one,
        DELETE=conversations.delete_one,
    ),
]
"""Those that are served without Django's handler."""
