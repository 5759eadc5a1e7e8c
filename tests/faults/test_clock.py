"""A wall clock that jumps an hour while egd waits, forward or back: nothing is late or done twice, what was begun goes on, and new
mail goes out."""
import pytest

from gateway import message
from hook_receiver import HookReceiver
from waiting import wait_for
from wall import Wall

HOUR = 3600
JUMPS = pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])


@pytest.fixture
def wall(tmp_path):
    return Wall(tmp_path)


@JUMPS
def test_what_happens_has_the_time_of_the_clock_that_jumped(make_gateway, wall, jump):
    """Else the tests below would show nothing."""
    gateway = make_gateway().start(wall.environment)
    domain_id, key = gateway.add_domain()
    times = []
    for at in (0, jump):
        wall.jump(at)
        gateway.send(key, message(Subject=f"at {at}"))
        times.append({one["message"]["headers"]["subject"]: one["timestamp"]
                      for one in gateway.events(domain_id, Event="accepted")}[f"at {at}"])
    assert abs(times[1] - times[0] - jump) < 60


@JUMPS
def test_a_deferred_message_is_tried_again_in_time(make_gateway, make_sink, wall, jump):
    sink = make_sink()
    sink.refuse("jane@example.org", "450 4.2.0 Greylisted")
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["4s"] * 5}})
    gateway.start(wall.environment)
    domain_id, key = gateway.add_domain()
    gateway.send(key, message())
    wait_for(lambda: gateway.events(domain_id, Event="deferred"))
    wall.jump(jump)
    sink.server.refusals.clear()
    wait_for(sink.messages, "not tried again", seconds=30)
    wait_for(lambda: gateway.events(domain_id, Event="delivered"))
    assert len(sink.messages()) == 1


@JUMPS
def test_a_webhook_is_tried_again_in_time(make_gateway, wall, jump):
    receiver = HookReceiver(lambda handler, delivery: handler.reply(500 if len(receiver.taken) == 1 else 200))
    try:
        gateway = make_gateway({"webhooks": {"retry_schedule": ["4s"] * 5, "allow_networks": ["127.0.0.0/8"]}})
        gateway.start(wall.environment)
        domain_id, key = gateway.add_domain()
        gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "accepted",
                                                    "WebhookURL": f"http://127.0.0.1:{receiver.port}/"})
        gateway.send(key, message())
        wait_for(lambda: receiver.taken)
        wall.jump(jump)
        wait_for(lambda: len(receiver.taken) > 1, "not tried again", seconds=30)
    finally:
        receiver.remove()


@JUMPS
def test_a_session_and_a_key_go_on(make_gateway, wall, jump):
    gateway = make_gateway().start(wall.environment)
    key = gateway.command("user.apikey.create", {"Note": "x"})["APIKey"]
    session = gateway.command("user.login", {"APIKey": key})["SessionID"]
    wall.jump(jump)
    for proof in (session, key):
        assert gateway.command("user.current", key=proof)["Success"], proof


def test_a_lease_is_kept_through_a_long_dialogue(make_gateway, make_sink, wall):
    """A message under way is not sent by anybody else meanwhile."""
    sink = make_sink()
    sink.fail("slow:dot")  # some 30 s
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1s"] * 9}})
    gateway.start(wall.environment)
    domain_id, key = gateway.add_domain()
    gateway.send(key, message())
    wait_for(lambda: gateway.egctl_json("queue")["Lanes"])
    wall.jump(HOUR)
    wait_for(lambda: gateway.egctl_json("queue")["Lanes"], "it is no longer under way")
    wall.jump(-HOUR)
    wait_for(lambda: gateway.events(domain_id, Event="delivered"), "not delivered", seconds=90)
    assert len(sink.messages()) == 1


@JUMPS
def test_new_mail_goes_out_at_once(make_gateway, make_sink, wall, jump):
    sink = make_sink()
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"}}).start(wall.environment)
    _, key = gateway.add_domain()
    wall.jump(jump)
    gateway.send(key, message())
    wait_for(sink.messages, "not sent", seconds=30)
