"""Faults of the account stream: of its answers and of its notifications."""

from simulator.tastytrade.faults.actions import Act, standing

ACTS: dict[str, Act] = {
    "connect_failed": standing("Answer connect with `failed`, and without its request-id, as the venue does."),
    "not_completed": standing("Answer everything but connect with `connect-not-completed`, without its request-id."),
    "not_implemented": standing("Answer everything but connect with `not-implemented`."),
    "impatient": standing("Drop who is silent for `delay` seconds, instead of 60.", "delay"),
    "unknown_enum": standing("Name an instrument type nobody knows in the next notification of a position.", times=1),
    "unknown_type": standing("Notify of something nobody knows.", times=1),
    "partial_balance": standing("Leave out most of the next notification of a balance.", times=1),
    "partial_position": standing("Leave out most of the next notification of a position.", times=1),
    "results": standing(
        "Send the next notifications as one batch under `results`; with `seconds`, all of them for so long.", times=1
    ),
    "swallow_notice": standing("Never send the next notification of an order: an event that is missed.", times=1),
    "duplicate_notice": standing("Send the next notification of an order twice.", times=1),
    "reorder_notices": standing("Send the next notification of an order after the one that follows it.", times=1),
    "late_notice": standing("Send the next notification of an order `delay` seconds late (0: 2).", "delay", times=1),
    "unknown_status": standing("Give the next notification of an order a status nobody knows.", times=1),
}
