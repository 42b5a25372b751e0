"""Every panel there is. What one is, and what it has to bring: streaming/pages/panels.py."""

import alerts.panels
import market.panels
import news.panels
import signals.panels
import trading.panels
from streaming.pages.panels import Panel

PANELS = (
    Panel("watchlist", "Watchlist", "market/watchlist.html", market.panels.watchlist),
    Panel("hub", "Market hub", "market/ring.html", market.panels.hub),
    Panel("chain", "Options", "market/chain_panel.html", market.panels.chain),
    Panel("detail", "Quote in detail", "market/detail.html", market.panels.detail),
    Panel("chart", "Chart", "market/chart_panel.html", market.panels.chart),
    Panel("positions", "Positions", "trading/positions.html", trading.panels.positions),
    Panel("totals", "All accounts", "desk/panels/totals.html", trading.panels.totals),
    Panel("tape", "Orders and fills", "trading/tape.html", trading.panels.tape),
    Panel("news", "News", "news/panel.html", news.panels.news),
    Panel("alerts", "Alerts", "alerts/panel.html", alerts.panels.alerts),
    Panel("signals", "Signals", "signals/panel.html", signals.panels.signals),
)
BY_NAME = {panel.name: panel for panel in PANELS}
