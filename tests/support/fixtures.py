"""Fixtures of the tests on real processes: each on loopback, stopped by its own pid. The conftest.py of a folder has them
by `from fixtures import *`."""
import gateway as gateway_module
import hook_receiver as hook_receiver_module
import knot as knot_module
import pytest
import smtp_sink as smtp_sink_module
from process import free_port


def made_and_removed(make):
    """A factory whose products are removed, last first, when the test ends."""
    made = []

    def factory(*arguments, **options):
        made.append(make(*arguments, **options))
        return made[-1]

    yield factory
    for product in reversed(made):
        product.remove()


@pytest.fixture
def make_gateway():
    """make_gateway(settings) → a Gateway, not started."""
    yield from made_and_removed(gateway_module.Gateway)


@pytest.fixture
def make_knot():
    """make_knot(zones) → a Knot, not started."""
    yield from made_and_removed(knot_module.Knot)


@pytest.fixture
def make_sink():
    """make_sink() → a running receiving SMTP server."""
    yield from made_and_removed(smtp_sink_module.Sink)


@pytest.fixture
def make_receiver():
    """make_receiver() → a running HTTP server for webhooks."""
    yield from made_and_removed(hook_receiver_module.HookReceiver)


@pytest.fixture
def gateway(make_gateway):
    """A running Gateway with the defaults for tests."""
    return make_gateway().start()


@pytest.fixture(scope="module")
def shared_gateway():
    """One running Gateway for a whole file, for tests that leave nothing behind. It takes mail."""
    shared = gateway_module.Gateway({"smtp": {"listen": [f"127.0.0.1:{free_port()}"]}})
    try:
        yield shared.start()
    finally:
        shared.remove()
