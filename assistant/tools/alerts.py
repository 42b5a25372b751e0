"""`get_alerts` and `create_alert`: the rules that the desk watches for a person."""

import typing

import msgspec

from alerts import store
from alerts.api.views import alert_json, check_rule
from alerts.models import AlertRule
from assistant.contract.caller import ToolCaller
from assistant.contract.outside import move_outside
from assistant.contract.progress import Progress
from assistant.contract.tool import PagedOutput, Row, Tool, ToolHints, ToolInput, ToolOutput
from assistant.tools.board import open_hub, with_age
from assistant.tools.pages import row_id, rows_after
from lib.clock import now_ms
from streaming.runtime import runtime
from streaming.wire import frames


class GetAlertsInput(ToolInput, frozen=True):
    """`after` is the `next` of a former answer."""

    after: str = ""


class GetAlertsOutput(PagedOutput, frozen=True, kw_only=True):
    """Every alert: `text` says what it waits for, `fired` how often it fired, `unchecked` when it was not checked."""

    ROWS: typing.ClassVar[str] = "alerts"
    alerts: list[Row]

    def next_after(self, row: Row) -> str:
        return row_id(row)


async def _get_alerts(caller: ToolCaller, asked: GetAlertsInput, progress: Progress) -> GetAlertsOutput:
    open_hub()
    told = await runtime().ledger.read(_read_alerts, caller.person_id)
    now = now_ms()
    return GetAlertsOutput(at=now, alerts=[_alert_row(one, now) for one in rows_after(told, asked.after, row_id)])


def _read_alerts(person: int) -> list[Row]:
    return [alert_json(row) for row in store.of(person)]


def _alert_row(alert: Row, now: int) -> Row:
    """Return what is told of an alert; `at` is when it was armed last."""
    told = {name: value for name, value in alert.items() if name not in ("what", "version")}
    note = told["rule"].get("note")
    told["rule"] = {name: value for name, value in told["rule"].items() if name != "note"}
    told |= {"at": alert["armed_at"], "source": "desk", "delayed": False}
    return move_outside(with_age(told | ({"note": note} if note else {}), now), ("note",))


class CreateAlertInput(ToolInput, frozen=True):
    """A rule, in the language of docs/alerts.md."""

    rule: typing.Annotated[
        dict[str, typing.Any],
        msgspec.Meta(
            description=(
                'e.g. {"when":{"all":[{"field":"QQQ.last","is":"crosses_up","value":452.5}]},"trigger":"once"};'
                " fields .last .bid .mid .change_pct .iv_rank; is: crosses_up crosses_down above below"
            )
        ),
    ]


class CreateAlertOutput(ToolOutput, frozen=True, kw_only=True):
    """The alert as it is kept."""

    alert: Row


async def _create_alert(caller: ToolCaller, asked: CreateAlertInput, progress: Progress) -> CreateAlertOutput:
    open_hub()
    spec = check_rule(frames.dumps(asked.rule).encode())
    row: AlertRule = await runtime().ledger.write(store.create, caller.person_id, spec)
    now = now_ms()
    return CreateAlertOutput(at=now, alert=_alert_row(alert_json(row), now))


GET_ALERTS = Tool(
    name="get_alerts",
    title="Get alerts",
    description=(
        "Not for what fired: use get_facts with kind alert. Every alert of the person with what it waits for, whether"
        " it is armed, how often it fired, and when it could not be checked."
    ),
    hints=ToolHints(open_world=True),
    input=GetAlertsInput,
    output=GetAlertsOutput,
    rate=30,
    run=_get_alerts,
)
CREATE_ALERT = Tool(
    name="create_alert",
    title="Create alert",
    description=(
        "Not without the person's wish: it stays until they delete it. Arms an alert on prices, volatility, positions,"
        " news or signals; the desk tells them when it fires."
    ),
    scope="trade",
    hints=ToolHints(read_only=False, idempotent=False),
    input=CreateAlertInput,
    output=CreateAlertOutput,
    rate=10,
    run=_create_alert,
)
