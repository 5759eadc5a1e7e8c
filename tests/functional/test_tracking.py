"""Opens, clicks and unsubscribes on the real egd: rewritten mail, its links followed, events, statistics, webhooks."""
import json
import threading
import time

import pytest
from browser import THUNDERBIRD
from gateway import message
from hook_receiver import HookReceiver
from tracking_house import HTML, PLAIN_LINKS, House
from waiting import wait_for

@pytest.fixture
def house(make_gateway, make_sink):
    return House(make_gateway, make_sink)


@pytest.fixture
def make_house(make_gateway, make_sink):
    return lambda **settings: House(make_gateway, make_sink, **settings)


def test_links_lead_where_they_led_and_become_events(house):
    message_id = house.send()
    mail = house.mails(1)[0]
    tracked = [link for link in mail.links if link.startswith("https://track-sl.example.com/c/")]
    assert len(tracked) == 2
    assert [link for link in mail.links if link not in tracked] == ["mailto:x@example.org", "https://off.example/"]
    assert [house.ask(link).headers["location"] for link in tracked] == PLAIN_LINKS
    assert house.ask(tracked[1], "HEAD").status == 302
    clicks = house.events("click", 3)
    assert [click["URL"] for click in clicks] == [PLAIN_LINKS[1], PLAIN_LINKS[1], PLAIN_LINKS[0]]
    assert [click["LinkIndex"] for click in clicks] == [1, 1, 0]
    assert [click["First"] for click in clicks] == [False, False, True]
    assert clicks[0]["AutomatedReason"] == "head-request" and clicks[0]["Automated"]
    assert not clicks[2]["Automated"] or clicks[2]["AutomatedReason"] == "several-links"
    for click in clicks:
        assert click["message"]["id"] == message_id and click["recipient"] == "jane@example.org"
        assert click["UserAgent"] == THUNDERBIRD and click["IPAddress"] == "127.0.0.1"


def test_an_open_is_a_gif_and_an_event(house):
    mail = house.mail()
    assert mail.pixels == 1 and mail.html.index(mail.pixel) < mail.html.index("</body>")
    for first in (True, False):
        answer = house.ask(mail.pixel, X_Forwarded_For="203.0.113.9, 198.51.100.7")
        assert answer.status == 200 and answer.headers["content-type"] == "image/gif"
        assert answer.body.startswith(b"GIF89a") and "no-store" in answer.headers["cache-control"]
        opens = house.events("open", 1 if first else 2)
        assert opens[0]["First"] is first and opens[0]["IPAddress"] == "198.51.100.7"
    assert house.ask(mail.pixel, "POST", b"").status == 405
    assert house.stats()["Opened"] == 2


def test_an_altered_token_is_404(house):
    mail = house.mail(UnsubscribeLink=1)
    for url in (mail.links[0], mail.pixel, mail.unsubscribe()[0]):
        for changed in (url[:-1] + ("A" if url[-1] != "A" else "B"), url + "A", url[:-8]):
            for method in ("GET", "HEAD", "POST"):
                assert house.ask(changed, method, b"" if method == "POST" else None).status == 404
    click, pixel = mail.links[0].split("/c/"), mail.pixel.split("/o/")
    assert house.ask("/o/" + click[1]).status == 404 and house.ask("/c/" + pixel[1]).status == 404
    for path in ("/", "/c/", "/x/y", "/api.php", "/c/https://evil.example/", "//evil.example/"):
        assert house.ask(path).status == 404


def test_statistics_count_people(house):
    mail = house.mail()
    house.ask(mail.pixel, agent="Mozilla/5.0")  # Apple's prefetch
    house.ask(mail.links[0], agent="curl/8.0")
    house.ask(mail.pixel)
    house.ask(mail.links[0])
    house.events("open", 2), house.events("click", 2)
    stats = house.stats()
    assert (stats["Opened"], stats["Clicked"]) == (1, 1)
    assert (stats["OpenedAutomated"], stats["ClickedAutomated"]) == (1, 1)
    account = house.gateway.command("emailgateway.accountstats", {})["Totals"]
    assert (account["Opened"], account["OpenedAutomated"]) == (1, 1)


def test_webhooks_wait_for_the_window_and_tell_what_it_showed(make_house):
    receiver = HookReceiver()
    try:
        other = make_house(webhooks={"allow_networks": ["127.0.0.0/8"]})
        for event in ("click", "unsubscribe"):
            made = other.gateway.command("emailgateway.addwebhook", {
                "DomainID": other.domain_id, "Event": event, "WebhookURL": receiver.url("/hook")})
            assert made["Success"], made
        mail = other.mail(UnsubscribeLink=1)
        started = time.monotonic()
        for link in mail.links[:2]:
            other.ask(link)
        other.ask(mail.unsubscribe()[0], "POST", b"")
        wait_for(lambda: len(receiver.taken) >= 3, "three webhooks", seconds=40)
        assert time.monotonic() - started > 9
        bodies = [json.loads(taken.body) for taken in receiver.taken]
        clicks = [body for body in bodies if body["event"] == "click"]
        assert [click["AutomatedReason"] for click in clicks] == ["several-links"] * 2
        assert bodies[0]["event"] == "unsubscribe"
        stats = other.stats()
        assert (stats["Clicked"], stats["ClickedAutomated"]) == (0, 2)
    finally:
        receiver.remove()


def test_classifyhit_and_reclassify(house):
    mail = house.mail()
    house.ask(mail.links[0], agent="curl/8.0")
    event = house.events("click", 1)[0]
    explained = house.gateway.egctl_json("classifyhit", "--sequence", event["Sequence"])
    assert explained["Automated"] and explained["Rule"] == "agent" and explained["Source"]
    assert explained["Stored"]["UserAgent"] == "curl/8.0"
    asked = house.gateway.egctl_json("classifyhit", "--user-agent", THUNDERBIRD, "--mx-host", "mx1.mimecast.com",
                                     "--seconds-after-delivery", "5")
    assert asked["Rule"] == "gateway-scan"
    again = house.gateway.egctl_json("reclassify", "--since", "2024-01-01")
    assert again["Examined"] == 1 and again["Changed"] == 0


@pytest.mark.parametrize("kind,body", [
    ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
    ("multipart/form-data; boundary=b",
     b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'),
    ("text/plain", b""),
    (None, b"anything"),
])
def test_one_click_unsubscribes_with_any_body(house, kind, body):
    link, _ = house.mail(UnsubscribeLink=1).unsubscribe()
    headers = {"Content_Type": kind} if kind else {}
    for _ in range(2):
        answer = house.ask(link, "POST", body, **headers)
        assert answer.status == 200 and b"unsubscribed" in answer.body
    events = house.events("unsubscribe", 1)
    assert len(events) == 1 and events[0]["recipient"] == "jane@example.org"
    rows = house.gateway.command("suppression.browse")["Suppressions"]
    assert [(row["EmailAddress"], row["Scope"], row["SuppressionSource"]) for row in rows] == [
        ("jane@example.org", "bulk", "unsubscribe")]


def test_looking_never_unsubscribes(house):
    link, _ = house.mail(UnsubscribeLink=1).unsubscribe()
    page = house.ask(link)
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    text = page.body.decode()
    assert text.count("<button") == 1 and 'method="post"' in text and "<script" not in text
    assert "john@example.com" in text and "jane@example.org" not in text and "j•••@example.org" in text
    for method in ("HEAD", "GET"):
        assert house.ask(link, method).status == 200
    assert house.ask(link, "PUT", b"").status == 405
    assert not house.gateway.events(house.domain_id, Event="unsubscribe")
    assert house.gateway.command("suppression.browse")["TotalRecords"] == 0


def test_unsubscribing_stops_bulk_mail_and_not_a_password_reset(house):
    link, _ = house.mail(UnsubscribeLink=1).unsubscribe()
    waiting = house.send(UnsubscribeLink=1, SendAt=int(time.time()) + 3)
    assert house.ask(link, "POST", b"").status == 200
    refused = house.gateway.send(house.key, message(UnsubscribeLink=1))
    assert refused.json["Errors"][0]["Code"] == 14
    body = "<a href='{{ Link:Unsubscribe }}'>stop</a>"
    offers = house.gateway.send(house.key, message(ContentType="html", HTMLContent=body))
    assert offers.json["Errors"][0]["Code"] == 14
    house.mail(Subject="Reset your password", UnsubscribeLink=0)
    house.gateway.process.wait_until(
        lambda: any(event["message"]["id"] == waiting and event["reason"] == "suppressed"
                    for event in house.gateway.events(house.domain_id, Event="rejected")), "rejecting what waited")


def test_list_mail_is_unsubscribed_from_its_list_alone(house):
    lists = [house.gateway.command("list.create", {"SubscriberListName": name})["ListID"] for name in "ab"]
    for list_id in lists:
        made = house.gateway.command("subscriber.create", {"ListID": list_id, "EmailAddress": "jane@example.org"})
        assert made["Success"], made
    body = "<p><a href='{{ Link:Unsubscribe }}'>stop</a></p>"
    reply = house.gateway.send(house.key, message(ContentType="html", HTMLContent=body, To=None,
                                                  TargetListID=lists[0]))
    assert reply.status == 200, reply.body
    mail = house.mails(1)[0]
    assert mail.links[0].startswith("https://track-sl.example.com/u/")
    assert house.ask(mail.links[0], "POST", b"").status == 200
    row = house.gateway.command("suppression.browse")["Suppressions"][0]
    assert row["Scope"] == f"list:{lists[0]}"
    subscribers = house.gateway.command("subscribers.get", {"ListID": lists[0]})["Subscribers"]
    assert subscribers[0]["Status"] == "Unsubscribed"
    other = house.gateway.send(house.key, message(ContentType="html", HTMLContent=body, To=None,
                                                  TargetListID=lists[1]))
    assert other.status == 200
    assert len(house.mails(2)) == 2


def test_without_a_tracking_server_nothing_is_made_and_only_a_request_for_it_is_refused(make_house):
    house = make_house(tracking={"listen": []})
    house.gateway.command("emailgateway.updatedomain", {"DomainID": house.domain_id, "UnsubscribeLink": 1})
    mail = house.mail(TrackLinks=True, TrackOpens=True)
    assert mail.html.rstrip() == HTML and mail.message["List-Unsubscribe"] is None
    refused = house.gateway.send(house.key, message(UnsubscribeLink=1))
    assert refused.status == 400 and refused.json["Errors"][0]["Code"] == 45
    assert "[tracking] listen" in refused.json["Errors"][0]["Message"]


def test_unsubscribe_headers_are_signed(house):
    mail = house.mail(UnsubscribeLink=1)
    link, address = mail.unsubscribe()
    assert link.startswith("https://track-sl.example.com/u/")
    local, host = address.split("@")
    assert local.startswith("u-") and len(local) <= 64 and host == "sl.example.com"
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    signed = "".join(mail.message["DKIM-Signature"].split()).lower()
    names = signed.split("h=")[1].split(";")[0].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(names)


def test_each_recipient_has_links_of_its_own(house):
    house.send(To=[{"email": "jane@example.org"}, {"email": "joe@example.org"}])
    mails = house.mails(2)
    assert len({mail.pixel for mail in mails}) == 2
    for mail in mails:
        house.ask(mail.pixel)
    assert {event["recipient"] for event in house.events("open", 2)} == {"jane@example.org", "joe@example.org"}


def test_a_long_link_is_stored_and_leads_there(house):
    url = "https://shop.example/" + "p/" * 2000 + "?x=%2F"
    before = len(house.sink.received())
    reply = house.gateway.send(house.key, message(ContentType="html", HTMLContent=f'<a href="{url}">x</a>'))
    assert reply.status == 200
    mail = house.mails(before + 1)[-1]
    assert len(mail.links[0]) < 300
    assert house.ask(mail.links[0]).headers["location"] == url
    assert house.events("click", 1)[0]["URL"] == url


def test_truncated_addresses_and_do_not_track(make_house):
    house = make_house(tracking={"store_ip": "truncated", "respect_dnt": True})
    mail = house.mail()
    assert house.ask(mail.pixel, DNT="1").status == 200
    assert house.ask(mail.links[0], Sec_GPC="1").headers["location"] == PLAIN_LINKS[0]
    house.ask(mail.pixel, X_Forwarded_For="198.51.100.77")
    opens = house.events("open", 1)
    assert [event["IPAddress"] for event in opens] == ["198.51.100.0"]
    assert not house.gateway.events(house.domain_id, Event="click")


def test_nothing_is_lost_on_a_stop(house):
    mail = house.mail()
    done = []

    def click():
        for _ in range(100):
            done.append(house.ask(mail.links[0]).status)
    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.gateway.stop()
    house.gateway.start()
    assert done == [302] * 400
    found = house.gateway.command("emailgateway.getevents", {
        "DomainID": house.domain_id, "Event": "click", "StartFrom": 0, "RetrieveCount": 1})
    assert found["TotalRecords"] == 400


def test_a_proxy_may_get_certificates_for_tracking_hosts(house):
    check = "/internal/tls-check?domain="
    assert house.gateway.request("GET", check + "track-sl.example.com").status == 200
    for host in ("example.com", "track-sl.other.example", ""):
        assert house.gateway.request("GET", check + host).status == 404


def test_feedback_id_is_there_and_signed(make_house):
    house = make_house(gateway={"feedback_id": "egd-test", "hostname": "gw.example.net"})
    mail = house.mail(UnsubscribeLink=1)
    assert mail.message["Feedback-ID"] == "0:example.com:bulk:egd-test"
    assert "feedback-id" in "".join(mail.message["DKIM-Signature"].split()).lower()


def test_the_page_can_be_the_operators_own(make_house, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<p>{sender} an {address}</p>{form}{done}")
    house = make_house(tracking={"unsubscribe_page": str(page)})
    link, _ = house.mail(UnsubscribeLink=1, From={"name": "<b>Shop</b>", "email": "john@example.com"}).unsubscribe()
    text = house.ask(link).body.decode()
    assert "&lt;b&gt;Shop&lt;/b&gt;" in text and "<b>" not in text and "<button" in text
    assert "<button" not in house.ask(link, "POST", b"").body.decode()
