"""Alerts and dashboard: rules that promtool accepts and tests, metrics that exist, a runbook for each."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import yaml
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import timezone

from entities.models import ApiToken
from events.models import SourceSecret
from events.monitoring import mirror_state
from events.monitoring.metrics import count_refusal
from events.monitoring.mirror_state import GAUGES
from events.processing.drain import drain_backlog
from tests.support import markdown
from tests.support.deployed_code import DEPLOY
from tests.support.vendor_requests import deliver, new_source

RULES = DEPLOY / "prometheus" / "rules.yml"
RULES_TEST = DEPLOY / "prometheus" / "rules_test.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboard.json"
RUNBOOK = "docs/watch.md"
METRIC = re.compile(r"\b(?:crmmirror|node)_\w+|\bup\b")
# Those of Prometheus itself and of the node exporter.
FOREIGN = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"}


def promtool(*argv: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    assert program, "Install Debian's package prometheus, or run make programs as root."
    return subprocess.run([program, *argv], capture_output=True, text=True)


def alerts() -> list[dict]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (alert["expr"] for alert in alerts())
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def named_metrics() -> set[str]:
    """Return the metrics that rules and dashboard name, without the strings in their selectors."""
    texts = (re.sub(r'"[^"]*"', "", expression) for expression in expressions())
    return {name for text in texts for name in METRIC.findall(text)}


def test_promtool_accepts_the_rules() -> None:
    checked = promtool("check", "rules", str(RULES))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_rules_pass_their_own_tests() -> None:
    tested = promtool("test", "rules", str(RULES_TEST))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_promtool_accepts_the_sample_configuration() -> None:
    checked = promtool(
        "check", "config", "--syntax-only", str(DEPLOY / "prometheus" / "prometheus.sample.yml")
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_alert_has_a_test_that_fires_it() -> None:
    tests = yaml.safe_load(RULES_TEST.read_text())["tests"]
    fired = {
        case["alertname"] for test in tests for case in test["alert_rule_test"] if case.get("exp_alerts")
    }
    assert fired == {alert["alert"] for alert in alerts()}


def test_each_alert_leads_to_its_part_of_the_runbook() -> None:
    anchors = markdown.anchors(markdown.read(RUNBOOK))
    for alert in alerts():
        page, _, anchor = alert["annotations"]["runbook"].partition("#")
        assert (page, anchor) == (RUNBOOK, alert["alert"].lower())
        assert anchor in anchors, f"{RUNBOOK} does not say what to do about {alert['alert']}"


@pytest.mark.django_db
def test_each_metric_that_rules_and_dashboard_name_is_in_a_scrape(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = mirror_state.TABLE_ROWS.replace(str(mirror_state.MIN_TABLE_ROWS), "0")
    gauges = [replace(gauge, statement=rows) if gauge.label == "table" else gauge for gauge in GAUGES]
    monkeypatch.setattr(mirror_state, "GAUGES", gauges)
    deliver(*new_source())
    drain_backlog()
    count_refusal("acme", "unavailable")
    SourceSecret.objects.update(expires_at=timezone.now() + timedelta(days=1))
    user = User.objects.create_user("program")
    ApiToken.issue(user, "ends", timezone.now() + timedelta(days=1))
    with override_settings(METRICS_TOKEN="the one"):
        scrape = Client().get("/metrics", headers={"Authorization": "Bearer the one"}).text
    # With its labels or its value, a sample stands for itself: help and type do not count.
    missing = {
        name for name in named_metrics() - FOREIGN if not re.search(rf"^{name}[ {{]", scrape, re.MULTILINE)
    }
    assert len(named_metrics()) > 12
    assert not missing, f"/metrics has no {', '.join(sorted(missing))}"
