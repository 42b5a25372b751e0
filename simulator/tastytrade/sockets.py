"""The WebSocket side of the simulated tastytrade: DXLink below its path, the account stream anywhere else."""

from simulator.asgi import Receive, Scope, Send, SimSocket, refuse_upgrade
from simulator.tastytrade.account_stream.listener import SimTastytradeListener
from simulator.tastytrade.dxlink.connection import Dialogue
from simulator.tastytrade.format import HTML_502
from simulator.tastytrade.venue import DXLINK_PATH, SimTastytrade, now


async def serve(venue: SimTastytrade, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one WebSocket until it ends."""
    stream = "dxlink" if scope["path"].startswith(DXLINK_PATH) else "alerts"
    if venue.faults.find("refuse_upgrade", (), now(), stream=stream):
        await receive()
        await refuse_upgrade(send, HTML_502)
        return
    venue.stats.opened[stream] += 1
    socket = SimSocket(scope, receive, send)
    socket.mute_until = venue.faults.silence((), stream, now())
    if stream == "dxlink":
        await _serve_dxlink(venue, socket)
    else:
        await _serve_alerts(venue, socket)


async def _serve_dxlink(venue: SimTastytrade, socket: SimSocket) -> None:
    dialogue = Dialogue(socket, venue.feed, venue.watchers, venue.ticket, venue.faults, now())
    venue.dialogues[dialogue] = socket
    try:
        await socket.serve(lambda raw: dialogue.receive(raw, now()))
    finally:
        del venue.dialogues[dialogue]
        dialogue.close()


async def _serve_alerts(venue: SimTastytrade, socket: SimSocket) -> None:
    listener = SimTastytradeListener(socket, venue.holder, venue.faults, now())
    venue.listeners[listener] = socket
    try:
        await socket.serve(lambda raw: listener.receive(raw, now()))
    finally:
        del venue.listeners[listener]
