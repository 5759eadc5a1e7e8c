"""Name servers gone, descriptors and memory exhausted, a second egd: said plainly, and over when the want is."""
import os
import resource
import socket
import subprocess

from all_entries import AllEntries, House
from gateway import BIN, message
from name_server import NameServer
from process import free_port
from waiting import wait_for

MIB = 1024 * 1024


def test_dns_is_gone(make_gateway, make_sink):
    """Mail waits without an event of its own fault, and goes out when a name server answers again."""
    sink = make_sink()
    port = free_port()
    gateway = make_gateway({"dns": {"servers": [f"127.0.0.1:{port}"], "timeout_ms": 200, "tries": 1},
                            "delivery": {"route": "mx", "mx_port": sink.port,
                                         "retry_schedule": ["1s"] * 100}}).start()
    domain_id, key = gateway.add_domain()
    sent = [gateway.send(key, message()).json["MessageID"] for _ in range(20)]
    wait_for(lambda: gateway.events(domain_id, Event="deferred"), "nobody is told")
    assert not gateway.events(domain_id, Event="bounce")
    assert gateway.send(key, message()).status == 200
    names = NameServer(lambda name, kind: {"MX": ["10 mx.example.org."], "A": ["127.0.0.1"]}.get(kind, []), port=port)
    try:
        wait_for(lambda: all(any(one.encode() in data for _, data in sink.received()) for one in sent), "not sent",
                 seconds=60)
    finally:
        names.remove()
    print(f"\nDNS gone: accepted {len(sent)}, lost 0")


def test_descriptors_are_exhausted(make_gateway, make_sink, make_receiver):
    house = House(make_gateway, make_sink, make_receiver)
    pid = house.gateway.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    load = AllEntries(house, pause=0.05).start()
    wait_for(lambda: len(load.sent()) > 10, "no load")
    in_use = len(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use + 2, hard))
    held = []
    for _ in range(200):
        held.append(socket.create_connection(("127.0.0.1", house.gateway.port), timeout=5))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    for one in held:
        one.close()
    before = len(load.sent())
    wait_for(lambda: len(load.sent()) > before + 20, "it does not recover", seconds=60)
    load.stop()
    print("\nno descriptors:", load.verdict())
    house.gateway.stop()


def test_memory_is_exhausted(make_gateway, make_sink, make_receiver):
    """As a control group or rlimit would have it: nothing more may be mapped for a while."""
    house = House(make_gateway, make_sink, make_receiver)
    pid = house.gateway.process.pid
    load = AllEntries(house, pause=0.05).start()
    wait_for(lambda: len(load.sent()) > 10, "no load")
    limits = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (house.gateway.memory("VmSize"), limits[1]))
    replies = []
    for _ in range(10):
        try:
            replies.append(str(house.gateway.request("POST", "/api.php", b" " * (4 * MIB)).status))
        except OSError:
            replies.append("cut")
    alive = house.gateway.process.running()
    if alive:
        resource.prlimit(pid, resource.RLIMIT_AS, limits)
    else:
        load.kill()
        house.start()
    before = len(load.sent())
    wait_for(lambda: len(load.sent()) > before + 20, "it does not recover", seconds=60)
    load.stop()
    print("\nno memory:", {"survived": alive, "replies": sorted(set(replies)), **load.verdict()})
    assert alive, house.gateway.log_text()[-2000:]
    house.gateway.stop()


def test_a_second_egd_leaves_the_first_alone(make_gateway, make_sink, make_receiver):
    house = House(make_gateway, make_sink, make_receiver)
    load = AllEntries(house, pause=0.05).start()
    wait_for(lambda: len(load.sent()) > 10, "no load")
    for _ in range(5):
        second = subprocess.run([BIN / "egd", "--config", house.gateway.config], capture_output=True, text=True, timeout=30)
        assert second.returncode == 1 and "Another egd (process " in second.stderr, second.stderr
    load.stop()
    print("\na second egd:", load.verdict())
    house.gateway.stop()
