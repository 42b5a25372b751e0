"""Metrics, as a desk tells them to Prometheus. A test of the status holds the table of labels to the code."""

import typing

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.inventory.documents import codes, rows


def collect(desk: httpx.Client) -> dict[str, typing.Any]:
    """Return the kind of each metric, and the labels of ours. `desk` is a client that staff is signed in with."""
    text = desk.get("/metrics").raise_for_status().text
    labels = {codes(name)[0]: listed for name, _, listed, _ in rows("metrics.md", "Metrics", "metric")}
    return {
        family.name: {"kind": family.type} | ({"labels": labels[family.name]} if family.name in labels else {})
        for family in text_string_to_metric_families(text)
    }
