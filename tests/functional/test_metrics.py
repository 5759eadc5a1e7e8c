"""Figures for Prometheus: what /metrics says of mail that was really sent, and what config/ asks of them."""
import http.client
import json
import re
import subprocess

import pytest
from gateway import ROOT, message
from process import free_port

FOLDER = ROOT / "config/prometheus"


def scrape(port, path="/metrics", method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply, text


def figure(text, name):
    """The value of one series: figure(text, 'egd_events_total{type="delivery"}')."""
    found = re.search("^" + re.escape(name) + " (.+)$", text, re.M)
    assert found, f"no {name} in\n{text}"
    return float(found[1])


@pytest.fixture
def measured(make_gateway, make_sink):
    sink = make_sink()
    port = free_port()
    gateway = make_gateway({"metrics": {"listen": [f"127.0.0.1:{port}"]},
                            "delivery": {"smarthost": f"127.0.0.1:{sink.port}"}}).start()
    return gateway, sink, port


def test_what_was_sent_is_counted(measured):
    gateway, sink, port = measured
    domain_id, key = gateway.add_domain("example.com")
    assert gateway.send(key, message()).status == 200
    gateway.process.wait_until(lambda: gateway.events(domain_id, Event="delivery"), "delivering")
    reply, text = scrape(port)
    assert reply.status == 200
    assert reply.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    assert figure(text, 'egd_events_total{type="accepted"}') == 1
    assert figure(text, 'egd_events_total{type="delivery"}') == 1
    assert figure(text, 'egd_events_total{type="bounce"}') == 0
    assert figure(text, "egd_delivery_seconds_count") == 1
    assert figure(text, "egd_queue_recipients") == 0
    assert figure(text, "egd_queue_oldest_seconds") == 0
    assert figure(text, 'egd_http_requests_total{status="2xx"}') >= 2
    assert figure(text, 'egd_store_commits_total{outcome="committed"}') > 0
    assert figure(text, "process_resident_memory_bytes") > 1e6


def test_the_listener_serves_nothing_else(measured):
    _, _, port = measured
    for path, method, status in (("/", "GET", 404), ("/api.php", "POST", 404), ("/metrics", "POST", 405)):
        reply, _ = scrape(port, path, method)
        assert reply.status == status, path


def test_a_port_that_is_taken_stops_the_start(measured, make_gateway):
    _, _, port = measured
    other = make_gateway({"metrics": {"listen": [f"127.0.0.1:{port}"]}})
    with pytest.raises(Exception):
        other.start()
    assert f"127.0.0.1:{port}" in other.log_text()


def test_the_text_is_as_prometheus_wants_it(measured):
    _, _, port = measured
    _, text = scrape(port)
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    assert checked.returncode == 0, checked.stderr


def test_the_alert_rules_are_valid():
    checked = subprocess.run(["promtool", "check", "rules", FOLDER / "alerts.yml"], text=True, capture_output=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_alerts_and_dashboard_ask_for_figures_that_exist(measured):
    _, _, port = measured
    _, text = scrape(port)
    known = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    dashboard = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked.append((FOLDER / "alerts.yml").read_text())
    for name in re.findall(r"\b(?:egd|process)_[a-z_]+", " ".join(asked)):
        assert re.sub("_(bucket|count|sum)$", "", name) in known, name
