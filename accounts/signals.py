"""What accounts announce. Both are sent after the change is committed, and name the person by id."""

from django.dispatch import Signal

links_change = Signal()
"""`person_id`: what `links_changed` tells of, within the transaction of the change: a receiver that fails undoes it."""
links_changed = Signal()
"""`person_id`: a link was added, re-linked, removed or disconnected, or its default account changed."""

access_ended = Signal()
"""`person_id`, `session_key`, `token_id`: a session or an API token ended, or (both None) whatever lets them in.

The latter with a new password, a deactivation or a deletion.
"""
