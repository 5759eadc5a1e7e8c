"""Webhooks on the real egd, against a real receiver: signed as the official libraries want it, never lost, never
where they must not go."""
import base64
import collections
import concurrent.futures
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
from gateway import BIN, ROOT, message
from hook_receiver import HookReceiver
from name_server import FlippingNames
from waiting import wait_for

LIBRARIES = ("standardwebhooks", "svix")
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


@pytest.fixture
def make_receiver():
    made = []

    def factory(*arguments, **options):
        made.append(HookReceiver(*arguments, **options))
        return made[-1]

    yield factory
    for receiver in made:
        receiver.remove()


def hooked(make_gateway, **webhooks):
    """A gateway, started, that may post to loopback and tries again soon."""
    settings = {"retry_schedule": ["1s"] * 9, "allow_networks": ["127.0.0.0/8"], "timeout_ms": 2000, **webhooks}
    return make_gateway({"webhooks": settings}).start()


def subscribe(gateway, domain_id, url, *events):
    return [gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": event, "WebhookURL": url})
            ["NewWebhookID"] for event in events or ("accepted",)]


def secret(gateway, domain_id):
    return gateway.command("emailgateway.getwebhooks", {"DomainID": domain_id})["SigningKey"]


def attempts(gateway, webhook_id, **filters):
    reply = gateway.command("webhook.deliveries", {"WebhookID": webhook_id, "RetrieveCount": 100, **filters})
    assert reply["Success"], reply
    return reply["Deliveries"]


def judge(cases):
    """What the libraries say of [(library, secret, headers, body)]."""
    lines = "".join(json.dumps({"library": library, "secret": key, "body": body.decode(),
                                "headers": {name: headers[name] for name in SIGNED}}) + "\n"
                    for library, key, headers, body in cases)
    done = subprocess.run(["node", "verify_webhook.mjs"], cwd=ROOT / "tests/support", input=lines, text=True,
                          capture_output=True, timeout=60, check=True)
    return done.stdout.splitlines()


def signature(key, headers, body):
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(key.removeprefix("whsec_")), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def test_the_official_libraries_verify_and_refuse(make_gateway, make_receiver):
    receiver = make_receiver()
    gateway = hooked(make_gateway)
    domain_id, key = gateway.add_domain()
    subscribe(gateway, domain_id, receiver.url("/hook?x=1"))
    gateway.send(key, message(Subject="Grüße ✓"))
    wait_for(lambda: receiver.taken, "nothing was delivered")
    delivery = receiver.taken[0]
    assert delivery.path == "/hook?x=1"
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.headers["host"] == f"127.0.0.1:{receiver.port}"
    logged, = gateway.events(domain_id, Event="accepted")
    assert json.loads(delivery.body) == logged

    own, other = secret(gateway, domain_id), "whsec_" + base64.b64encode(b"x" * 32).decode()
    old = {**delivery.headers, "webhook-timestamp": str(int(delivery.headers["webhook-timestamp"]) - 600)}
    old["webhook-signature"] = signature(own, old, delivery.body)
    tampered = delivery.body.replace(b"john@", b"jonn@")
    assert tampered != delivery.body
    for library in LIBRARIES:
        verdicts = judge([(library, own, delivery.headers, delivery.body), (library, own, delivery.headers, tampered),
                          (library, other, delivery.headers, delivery.body), (library, own, old, delivery.body)])
        assert verdicts[0] == "ok" and "ok" not in verdicts[1:], (library, verdicts)


def test_both_keys_sign_during_an_overlap(make_gateway, make_receiver):
    receiver = make_receiver()
    gateway = hooked(make_gateway)
    domain_id, key = gateway.add_domain()
    subscribe(gateway, domain_id, receiver.url())
    old = secret(gateway, domain_id)
    new = gateway.command("emailgateway.regeneratesigningkey",
                          {"DomainID": domain_id, "OverlapSeconds": 3600})["SigningKey"]
    gateway.send(key, message())
    wait_for(lambda: receiver.taken, "nothing was delivered")
    delivery = receiver.taken[0]
    assert len(delivery.headers["webhook-signature"].split(" ")) == 2
    cases = [(library, one, delivery.headers, delivery.body) for library in LIBRARIES for one in (old, new)]
    assert judge(cases) == ["ok"] * 4
    newest = gateway.command("emailgateway.regeneratesigningkey", {"DomainID": domain_id})["SigningKey"]
    gateway.send(key, message())
    wait_for(lambda: len(receiver.taken) == 2, "nothing was delivered")
    delivery = receiver.taken[1]
    verdicts = judge([("svix", one, delivery.headers, delivery.body) for one in (newest, new, old)])
    assert verdicts[0] == "ok" and "ok" not in verdicts[1:]


def test_three_failures_and_a_cut_reply_then_success(make_gateway, make_receiver):
    plan = collections.deque(["500", "302", "429", "cut"])

    def answer(handler, _):
        what = plan.popleft() if plan else "200"
        if what == "cut":
            handler.cut()
        else:
            handler.reply(int(what), b"said " + what.encode(), {"Location": elsewhere.url()} if what == "302" else {})

    elsewhere, receiver = make_receiver(), make_receiver(answer)
    gateway = hooked(make_gateway)
    domain_id, key = gateway.add_domain()
    hook, = subscribe(gateway, domain_id, receiver.url())
    gateway.send(key, message())
    wait_for(lambda: len(receiver.taken) == 5, "it was not tried again")
    assert elsewhere.taken == []
    assert len({one.headers["webhook-id"] for one in receiver.taken}) == 1
    assert len({one.headers["webhook-timestamp"] for one in receiver.taken}) > 1
    assert len({one.body for one in receiver.taken}) == 1
    wait_for(lambda: len(attempts(gateway, hook)) == 5, "not all attempts are logged")
    logged = attempts(gateway, hook)[::-1]
    assert [one["Attempt"] for one in logged] == [1, 2, 3, 4, 5]
    assert [one["Result"] for one in logged] == ["retrying"] * 4 + ["delivered"]
    assert [one["Status"] for one in logged][:3] == [500, 302, 429]
    assert logged[0]["Response"] == "said 500" and "500" in logged[0]["Error"]
    assert "Redirects" in logged[1]["Error"] and logged[3]["Error"]
    assert gateway.command("webhook.deliveries", {"WebhookID": hook})["PendingCount"] == 0


def test_what_has_failed_is_kept_and_replayed(make_gateway, make_receiver):
    well = []
    receiver = make_receiver(lambda handler, _: handler.reply(200 if well else 503))
    gateway = hooked(make_gateway, retry_schedule=["1s"])
    domain_id, key = gateway.add_domain()
    hook, = subscribe(gateway, domain_id, receiver.url())
    for number in range(3):
        gateway.send(key, message(Subject=f"n{number}"))
    wait_for(lambda: len(attempts(gateway, hook, Result="failed")) == 3, "nothing has failed", seconds=60)
    sequences = sorted(one["Sequence"] for one in attempts(gateway, hook, Result="failed"))
    assert sequences == sorted(event["Sequence"] for event in gateway.events(domain_id, Event="accepted"))
    well.append(True)
    del receiver.taken[:]
    one = gateway.egctl_json("webhook.replay", hook, "--sequence", sequences[1])
    assert one["ReplayedCount"] == 1
    wait_for(lambda: len(receiver.taken) == 1, "it was not replayed")
    assert [event["Sequence"] for event in receiver.events()] == [sequences[1]]
    assert gateway.command("webhook.replay", {"WebhookID": hook, "SinceSequence": sequences[1]})["ReplayedCount"] == 2
    wait_for(lambda: len(receiver.taken) == 3, "they were not replayed")
    assert gateway.command("webhook.replay", {"WebhookID": hook, "SinceTime": 0})["ReplayedCount"] == 3
    wait_for(lambda: len(receiver.taken) == 6, "they were not replayed")
    assert gateway.command("webhook.replay", {"WebhookID": hook, "Sequence": 987654321})["ErrorCode"] == 4
    assert gateway.command("webhook.replay", {"WebhookID": hook})["ErrorCode"] == 3


def test_a_test_posts_a_signed_sample_of_each_kind(make_gateway, make_receiver):
    receiver = make_receiver(lambda handler, one: handler.reply(500 if b'"open"' in one.body else 200, b"hello\n"))
    gateway = hooked(make_gateway)
    domain_id, _ = gateway.add_domain()
    hook, = subscribe(gateway, domain_id, receiver.url())
    samples = {one["Event"]: one for one in gateway.egctl_json("webhook.test", hook)["Deliveries"]}
    assert len(samples) == 9 and {event["event"] for event in receiver.events()} == set(samples)
    assert [name for name, one in samples.items() if not one["Delivered"]] == ["open"]
    assert samples["click"]["Status"] == 200 and samples["click"]["Response"] == "hello\\x0a"
    own = secret(gateway, domain_id)
    assert judge([("svix", own, one.headers, one.body) for one in receiver.taken]) == ["ok"] * 9
    assert attempts(gateway, hook) == []
    one, = gateway.egctl_json("webhook.test", hook, "--event", "bounce")["Deliveries"]
    assert one["Event"] == receiver.events()[-1]["event"] == "bounce" and len(receiver.taken) == 10


def test_forbidden_addresses_are_never_contacted(make_gateway, make_receiver):
    receiver = make_receiver()
    gateway = make_gateway({"webhooks": {"timeout_ms": 1000}}).start()
    domain_id, _ = gateway.add_domain()
    port = receiver.port
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "0.0.0.0",
                 "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "10.0.0.1", "169.254.169.254"):
        reply = gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "accepted",
                                                            "WebhookURL": f"http://{host}:{port}/"})
        assert reply["ErrorCode"] == [7], (host, reply)
    assert receiver.taken == []


def test_a_name_that_changes_its_mind_is_not_followed(make_gateway, make_receiver):
    """Public first, loopback next: the check and the connection use one and the same answer, whichever it is."""
    receiver, name_server = make_receiver(), FlippingNames(["192.0.1.1", "127.0.0.1"])
    try:
        gateway = make_gateway({"dns": {"servers": [name_server.address]},
                                "webhooks": {"timeout_ms": 300, "retry_schedule": ["1s", "1s", "5s", "3s"]}}).start()
        domain_id, key = gateway.add_domain()
        hook, = subscribe(gateway, domain_id, f"http://rebind.example:{receiver.port}/")
        gateway.send(key, message())
        wait_for(lambda: attempts(gateway, hook), "nothing was tried")
        assert name_server.asked[0][1] == "192.0.1.1"
        wait_for(lambda: any("forbidden" in one.get("Error", "") for one in attempts(gateway, hook))
                 or len(attempts(gateway, hook)) > 4, "it was not asked again", seconds=60)
        for _ in range(3):
            samples = gateway.command("webhook.test", {"WebhookID": hook})["Deliveries"]
            assert not any(one["Delivered"] for one in samples)
        assert receiver.taken == []
    finally:
        name_server.remove()


def certificate(folder, name, issuer=None):
    """(PEM of key and certificate) made by openssl; self-signed, or signed by `issuer`'s."""
    pem = folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
               "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"]
    if issuer:
        command += ["-CA", issuer, "-CAkey", issuer, "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(command, check=True, capture_output=True)
    pem.write_text((folder / f"{name}.key").read_text() + (folder / f"{name}.crt").read_text())
    return pem


def test_https_is_verified_with_name_and_host_header(make_gateway, make_receiver, make_knot, tmp_path):
    names = ("hooks.example.org", "other.example.org")
    knot = make_knot({"example.org": [("hooks", "A", "127.0.0.1"), ("other", "A", "127.0.0.1")]}).start()
    authority = certificate(tmp_path, "authority")
    receiver = make_receiver(certificate=certificate(tmp_path, names[0], authority))
    gateway = make_gateway({"dns": {"servers": [knot.address]},
                            "webhooks": {"allow_networks": ["127.0.0.0/8"], "ca_file": str(authority)}}).start()
    domain_id, _ = gateway.add_domain()
    right, wrong = [subscribe(gateway, domain_id, receiver.url(host=name))[0] for name in names]
    results = gateway.command("webhook.test", {"WebhookID": right})["Deliveries"]
    assert all(one["Delivered"] for one in results), results
    assert {one.headers["host"] for one in receiver.taken} == {f"{names[0]}:{receiver.port}"}
    results = gateway.command("webhook.test", {"WebhookID": wrong})["Deliveries"]
    assert not any(one["Delivered"] for one in results)
    assert "certificate" in results[0]["Error"], results[0]
    assert len(receiver.taken) == 9


def test_a_long_reply_is_cut_off_and_a_slow_one_timed_out(make_gateway, make_receiver):
    def answer(handler, delivery):
        if delivery.path == "/slow":
            time.sleep(3)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 30))
        handler.end_headers()
        try:
            for _ in range(1 << 14):
                handler.wfile.write(b"x" * (1 << 16))
            endless.append(True)
        except OSError:
            pass

    endless = []
    receiver = make_receiver(answer)
    gateway = hooked(make_gateway)
    domain_id, key = gateway.add_domain()
    long, = subscribe(gateway, domain_id, receiver.url("/long"))
    slow, = subscribe(gateway, domain_id, receiver.url("/slow"))
    gateway.send(key, message())
    wait_for(lambda: attempts(gateway, long) and attempts(gateway, slow), "nothing was tried")
    assert attempts(gateway, long)[0]["Result"] == "delivered"
    assert attempts(gateway, long)[0]["Response"] == "x" * 1024
    assert attempts(gateway, slow)[-1]["Status"] == 0 and "timed out" in attempts(gateway, slow)[-1]["Error"]
    assert endless == []


def test_deleted_webhooks_and_domains_get_nothing_more(make_gateway, make_receiver):
    """A third webhook that is tried again and again tells when the others would have been."""
    receiver = make_receiver(lambda handler, _: handler.reply(500))
    gateway = hooked(make_gateway)
    domains = {name: gateway.add_domain(name) for name in ("a.example.com", "b.example.com", "c.example.com")}
    hooks = [subscribe(gateway, domain_id, receiver.url(f"/{name}"))[0] for name, (domain_id, _) in domains.items()]
    for name, (_, key) in domains.items():
        reply = gateway.send(key, message(From={"email": f"me@{name}"}))
        assert reply.status == 200, reply.body

    def posts(name):
        return sum(taken.path == f"/{name}" for taken in list(receiver.taken))

    wait_for(lambda: all(map(posts, domains)), "not all were tried")
    gateway.command("emailgateway.deletewebhook", {"DomainID": domains["a.example.com"][0], "WebhookID": hooks[0]})
    assert gateway.command("emailgateway.deletedomain", {"DomainID": domains["b.example.com"][0]})["Success"]
    seen = posts("c.example.com")
    wait_for(lambda: posts("c.example.com") > seen, "the third was not tried again")  # what was under way has arrived
    before = len(receiver.taken)
    wait_for(lambda: posts("c.example.com") >= seen + 4, "the third was not tried again")
    assert {taken.path for taken in receiver.taken[before:]} == {"/c.example.com"}
    assert gateway.command("webhook.deliveries", {"WebhookID": hooks[0]})["ErrorCode"] == 2


def test_a_dead_endpoint_delays_only_itself(make_gateway, make_receiver):
    receiver = make_receiver()
    stuck = make_receiver(lambda handler, _: time.sleep(30))
    gateway = hooked(make_gateway, timeout_ms=10_000)
    domain_id, key = gateway.add_domain()
    for number in range(20):
        subscribe(gateway, domain_id, stuck.url(f"/{number}"))
    subscribe(gateway, domain_id, receiver.url())
    for number in range(20):
        began = time.time()
        gateway.send(key, message(Subject=str(number)))
        wait_for(lambda: len(receiver.taken) == number + 1, "it was delayed", seconds=5)
        assert time.time() - began < 3
    assert len(stuck.taken) == 20  # one at a time each


def test_kill_9_loses_no_event_and_keeps_the_order_of_each_message(make_gateway, make_receiver, make_sink):
    """Messages with several events each, at an endpoint that now and then fails, while egd is killed again and again."""
    count = collections.Counter()

    def answer(handler, _):
        count["posts"] += 1
        handler.reply(500 if count["posts"] % 97 == 0 else 200)

    receiver, sink = make_receiver(answer), make_sink()
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1s"]},
                            "webhooks": {"allow_networks": ["127.0.0.0/8"], "retry_schedule": ["1s"] * 9},
                            "log": {"level": "warning"}}).start()
    domain_id, key = gateway.add_domain()
    subscribe(gateway, domain_id, receiver.url(), "accepted", "delivery", "deferred", "bounce")

    def send(number):
        try:
            return gateway.send(key, message(Subject=f"m{number}"), timeout=10).status == 200
        except (OSError, http.client.HTTPException):
            return False  # killed meanwhile

    for _ in range(4):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            accepted = list(pool.map(send, range(250)))
        assert all(accepted)
        gateway.kill()
        gateway.start()

    def everything():
        """All events of the log: in steps, for their number grows while mail is delivered."""
        found, at = {}, 0
        while page := gateway.events(domain_id, StartFrom=at):
            found.update({event["Sequence"]: event["message"]["id"] for event in page})
            at += len(page)
        return found

    def settled():
        found = everything()
        return len(found) >= 2000 and found.keys() <= {event["Sequence"] for event in receiver.events()}

    wait_for(settled, lambda: f"{len(everything())} events, {len(receiver.taken)} posts", seconds=120)
    events = receiver.events()
    first = {}
    for place, event in enumerate(events):
        first.setdefault(event["Sequence"], place)
    assert set(first) == set(everything())
    of_message = collections.defaultdict(list)
    for sequence in sorted(first, key=first.get):
        of_message[events[first[sequence]]["message"]["id"]].append(sequence)
    assert len(of_message) == 1000
    for sequences in of_message.values():
        assert sequences == sorted(sequences)
    print(f"\nevents {len(first)}, posts {len(events)}")
    gateway.stop()



def test_kill_9_loses_no_event_of_a_domain_with_many_webhooks(make_gateway, make_receiver):
    receiver, hooks, messages = make_receiver(), 40, 60
    gateway = hooked(make_gateway)
    domain_id, key = gateway.add_domain()
    for number in range(hooks):
        subscribe(gateway, domain_id, receiver.url(f"/{number}"))
    for _ in range(2):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert {reply.status for reply in pool.map(lambda _: gateway.send(key, message()), range(messages // 2))} == {200}
        gateway.kill()
        gateway.start()
    posted = lambda: {(one.path, json.loads(one.body)["Sequence"]) for one in list(receiver.taken)}
    wait_for(lambda: len(posted()) == hooks * messages, lambda: f"{len(posted())} of {hooks * messages}", seconds=60)


def test_listen_forwards_signed_events_and_says_where_to_go_on(gateway, make_receiver):
    receiver = make_receiver()
    domain_id, key = gateway.add_domain()
    gateway.send(key, message(Subject="before"))
    began, = gateway.events(domain_id, Event="accepted")
    env = {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}"}
    listener = subprocess.Popen([BIN / "egctl", "webhook.listen", "example.com", "--forward", receiver.url("/hook?x=1"),
                                 "--since", str(began["Sequence"])], env=env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        gateway.send(key, message(Subject="after"))
        wait_for(lambda: "accepted" in {event["event"] for event in receiver.events()}, "nothing was forwarded")
    finally:
        listener.send_signal(signal.SIGINT)
        out, err = listener.communicate(timeout=20)
    assert listener.returncode == 0, err
    assert "accepted jane@example.org: 200" in out and "--since" in err
    assert all(one.path == "/hook?x=1" for one in receiver.taken)
    assert "before" not in {event["message"]["headers"]["subject"] for event in receiver.events() if event["event"] == "accepted"}
    own = secret(gateway, domain_id)
    assert set(judge([("svix", own, one.headers, one.body) for one in receiver.taken])) == {"ok"}
    assert gateway.egctl("webhook.listen", "example.com", "--forward", "ftp://x", check=False).returncode == 2


def test_listen_misses_nothing_while_the_gateway_is_away(make_gateway, make_receiver):
    """egd is killed, started again and stopped in good order while mail goes out: every event comes once, in order."""
    receiver, gateway = make_receiver(), hooked(make_gateway)
    domain_id, key = gateway.add_domain()
    env = {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}"}
    listener = subprocess.Popen([BIN / "egctl", "webhook.listen", "example.com", "--forward", receiver.url("/"),
                                 "--since", "0", "--interval", "1s"], env=env, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
    try:
        for number, end in enumerate((gateway.kill, gateway.stop, lambda: None)):
            assert gateway.send(key, message(Subject=f"s{number}")).status == 200
            if number == 0:
                wait_for(lambda: receiver.events(), "nothing was forwarded")
            end()
            if gateway.process is None:
                gateway.start()
        wait_for(lambda: "s2" in {event["message"]["headers"]["subject"] for event in receiver.events()})
    finally:
        listener.send_signal(signal.SIGINT)
        _, err = listener.communicate(timeout=20)
    assert listener.returncode == 0, err
    sequences = [event["Sequence"] for event in receiver.events()]
    last = int(re.search(r"--since (\d+)", err)[1])
    known = sorted(event["Sequence"] for event in gateway.events(domain_id) if event["Sequence"] <= last)
    assert sequences == known and len(known) >= 3


def test_replays_reach_who_listens(make_gateway, make_receiver):
    receiver, hook, gateway = make_receiver(), make_receiver(), hooked(make_gateway)
    domain_id, key = gateway.add_domain()
    (webhook,) = subscribe(gateway, domain_id, hook.url("/"))
    for number in range(3):
        gateway.send(key, message(Subject=f"s{number}"))
    first, second, third = sorted(event["Sequence"] for event in gateway.events(domain_id, Event="accepted"))
    gateway.egctl("webhook.replay", webhook, "--sequence", first)
    env = {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}"}
    listener = subprocess.Popen([BIN / "egctl", "webhook.listen", "example.com", "--forward", receiver.url("/"),
                                 "--since", "0"], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    posted = lambda: [event["Sequence"] for event in receiver.events() if event["event"] == "accepted"]
    try:
        wait_for(lambda: posted() == [first, second, third], posted)
        gateway.send(key, message(Subject="s3"))  # when this one is there, the place among the replays is found
        fourth = wait_for(lambda: posted()[3:])[0]
        gateway.egctl("webhook.replay", webhook, "--sequence", second)
        wait_for(lambda: posted() == [first, second, third, fourth, second], posted)
        gateway.kill()
        gateway.start()
        gateway.egctl("webhook.replay", webhook, "--since-sequence", third)
        wait_for(lambda: posted() == [first, second, third, fourth, second, third, fourth], posted)
        gateway.egctl("webhook.replay", webhook, "--since-time", "0")
        wait_for(lambda: posted()[7:] == [first, second, third, fourth], posted)
    finally:
        listener.send_signal(signal.SIGINT)
        _, err = listener.communicate(timeout=20)
    assert listener.returncode == 0, err
    assert len(gateway.egctl_json("webhook.replays", "example.com", "--after-replay-id", "0")["Replays"]) == 4
    assert gateway.egctl_json("webhook.replays", "example.com")["Replays"] == []


def test_an_answer_that_ends_in_its_headers_is_no_success(make_gateway):
    gateway = hooked(make_gateway)
    domain_id, _ = gateway.add_domain()

    def answer(server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Len")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        hook, = subscribe(gateway, domain_id, f"http://127.0.0.1:{server.getsockname()[1]}/")
        samples = gateway.command("webhook.test", {"WebhookID": hook})["Deliveries"]
        server.shutdown(socket.SHUT_RDWR)
    assert samples and not any(one["Delivered"] for one in samples)
    assert all("headers" in one["Error"] for one in samples), samples


@pytest.mark.parametrize("url, code", [("http:///x", 6), ("http://127.0.0.1:0/", 6), ("http://a..b/", 6),
                                       ("http://localhost/", 7), ("http://10.0.0.1/", 7)])
def test_a_url_that_could_never_be_delivered_to_is_refused_with_its_reason(make_gateway, url, code):
    gateway = make_gateway().start()
    domain_id, _ = gateway.add_domain()
    reply = gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "open", "WebhookURL": url})
    assert reply["ErrorCode"] == [code] and len(reply["ErrorText"][0]) > 20, reply


def test_a_name_without_an_address_is_taken_with_a_warning(make_gateway, make_knot):
    knot = make_knot({"hooks.test": [("inside", "A", "10.0.0.1"), ("xn--bcher-kva", "A", "192.0.1.1")]}).start()
    gateway = make_gateway({"dns": {"servers": [knot.address]}}).start()
    domain_id, _ = gateway.add_domain()

    def add(host):
        return gateway.command("emailgateway.addwebhook",
                               {"DomainID": domain_id, "Event": "open", "WebhookURL": f"https://{host}/"})

    assert "none.hooks.test has no address" in add("none.hooks.test")["Warning"]
    assert "Warning" not in add("bücher.hooks.test")
    assert add("inside.hooks.test")["ErrorCode"] == [7]
    urls = [hook["WebhookURL"] for hook in gateway.command("emailgateway.getwebhooks", {"DomainID": domain_id})["Webhooks"]]
    assert len(urls) == 2
