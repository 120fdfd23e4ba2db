"""The Telegram channel against a Bot API server: each way it fails, and what comes next.

Cases are numbered as in the list of failures a notifier must survive.
"""

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from alerts.channels import Down, Moved, TryLater, Unauthorised, Unknown, Unreachable, Unsendable
from alerts.channels.telegram import TelegramChannel
from alerts.messages import Button, Line, LineKind, Message, Run
from alerts.nouns import SubscriberState
from tests.fakes.bot_api import Chat, Fault
from tests.fakes.bot_api.faults import HTML, flood

TOKEN = "424242:" + "t" * 35
GONE, BARRED = SubscriberState.SUSPENDED, SubscriberState.DEGRADED
NEWS = "https://example.com/news?a=1&b=2"
MESSAGE = Message(
    lines=(
        Line((Run("عاجل · قمار إلكتروني · كمبوديا", bold=True),)),
        Line((Run("عنوان <الخبر> & بقيته", link=NEWS),)),
        Line((Run("🎰 جملة فيها "), Run("كازينو", bold=True), Run(".")), LineKind.QUOTE),
    ),
    buttons=((Button("الخبر", url=NEWS), Button("كتم", data="v1:mute:1")),),
    preview=NEWS,
)


async def test_a_message_arrives_as_it_was_meant(api, telegram):
    receipt = await telegram.send("7", MESSAGE)
    (sent,) = api.sent(7)
    assert str(sent["message_id"]) == receipt
    assert sent["text"] == MESSAGE.text
    assert [entity["type"] for entity in sent["entities"]] == ["bold", "text_link", "blockquote", "bold"]
    assert sent["entities"][1]["url"] == NEWS
    assert not sent["silent"]


async def test_the_first_button_stands_at_the_right_for_a_right_to_left_reader(api, telegram):
    await telegram.send("7", MESSAGE)
    await telegram.send("7", Message(MESSAGE.lines, MESSAGE.buttons, rtl=False))
    labels = [[button["text"] for button in each["buttons"][0]] for each in api.sent(7)]
    assert labels == [["كتم", "الخبر"], ["الخبر", "كتم"]]


async def test_an_update_replies_to_the_first_message(api, telegram):
    first = await telegram.send("7", MESSAGE)
    await telegram.send("7", MESSAGE, reply_to=first)
    assert [each["reply_to"] for each in api.sent(7)] == [None, int(first)]


@pytest.mark.parametrize("seconds", [pytest.param(7, id="case 17"), pytest.param(43_838, id="case 18")])
async def test_cases_17_18_a_flood_wait_is_asked_for_and_kept_whole(api, telegram, seconds):
    api.faults.add(flood(seconds))
    with pytest.raises(TryLater) as later:
        await telegram.send("7", MESSAGE)
    assert later.value.asked
    assert timedelta(seconds=seconds) < later.value.after <= timedelta(seconds=seconds + 1)


@pytest.mark.parametrize("body", [None, b"<html>Too many requests</html>"])
async def test_case_19_a_429_without_a_wait_counts_as_half_a_minute(api, telegram, body):
    api.faults.add(Fault(429, "Too Many Requests", body=body))
    with pytest.raises(TryLater) as later:
        await telegram.send("7", MESSAGE)
    assert (later.value.asked, later.value.after) == (True, timedelta(seconds=30))


@pytest.mark.parametrize(
    ("status", "description", "state"),
    [
        pytest.param(403, "Forbidden: bot was blocked by the user", GONE, id="case 21"),
        pytest.param(403, "Forbidden: user is deactivated", GONE, id="case 21 deactivated"),
        pytest.param(403, "Forbidden: bot was kicked from the supergroup chat", GONE, id="case 22"),
        pytest.param(403, "Forbidden: the group chat was deleted", GONE, id="case 22 deleted"),
        pytest.param(400, "Bad Request: chat not found", GONE, id="case 23"),
        pytest.param(400, "Bad Request: not enough rights to send text messages", BARRED, id="case 29"),
        pytest.param(
            400, "Bad Request: need administrator rights in the channel", BARRED, id="case 29 channel"
        ),
    ],
)
async def test_cases_21_22_23_29_who_cannot_be_reached(api, telegram, status, description, state):
    api.world.chats[7] = Chat(7, refuses=(status, description))
    with pytest.raises(Unreachable) as gone:
        await telegram.send("7", MESSAGE)
    assert gone.value.state is state


async def test_case_24_a_group_that_became_a_supergroup_is_told_once_at_its_new_address(api, telegram):
    api.world.chats[-5] = Chat(-5, "group", migrated_to=-100_5)
    with pytest.raises(Moved) as moved:
        await telegram.send("-5", MESSAGE)
    await telegram.send(moved.value.address, MESSAGE)
    assert (len(api.sent(-5)), len(api.sent(-100_5))) == (0, 1)


async def test_case_25_what_telegram_cannot_parse_goes_out_plain_once(api, telegram):
    api.faults.add(Fault(400, "Bad Request: can't parse entities: Unsupported start tag"))
    await telegram.send("7", MESSAGE)
    (sent,) = api.sent(7)
    assert sent["text"] == MESSAGE.text
    assert sent["entities"] == []
    assert sent["buttons"], "the article stays reachable"


async def test_case_25_and_what_is_refused_again_is_unsendable(api, telegram):
    api.faults.add(Fault(400, "Bad Request: can't parse entities", times=2))
    with pytest.raises(Unsendable):
        await telegram.send("7", MESSAGE)
    assert len(api.calls) == 2


async def test_case_26_a_message_that_is_too_long_is_shortened_at_a_word(api, telegram):
    words = "كلمة 🎰 " * 1200
    await telegram.send("7", Message((Line((Run(words),)),)))
    (sent,) = api.sent(7)
    assert sent["text"].endswith(("كلمة…", "🎰…"))
    assert len(sent["text"]) > 500


async def test_a_link_that_telegram_refuses_does_not_cost_the_message(api, telegram):
    api.faults.add(Fault(400, "Bad Request: BUTTON_URL_INVALID"))
    await telegram.send("7", MESSAGE)
    (sent,) = api.sent(7)
    assert (sent["text"], sent["buttons"]) == (MESSAGE.text, [])


async def test_case_28_a_closed_topic_falls_back_to_the_group(api, telegram):
    api.world.chats[-100_5] = Chat(-100_5, "supergroup", closed_topics={9})
    await telegram.send("-1005/8", MESSAGE)
    with pytest.raises(Moved) as moved:
        await telegram.send("-1005/9", MESSAGE)
    await telegram.send(moved.value.address, MESSAGE)
    assert [each["topic"] for each in api.sent(-100_5)] == [8, None]


async def test_case_30_a_revoked_token_stops_and_a_new_one_goes_on(api, telegram):
    api.tokens = {"555555:" + "n" * 35}
    for chat in ("7", "8"):
        with pytest.raises(Unauthorised):
            await telegram.send(chat, MESSAGE)
    renewed = TelegramChannel("555555:" + "n" * 35, api=api.url)
    await renewed.send("7", MESSAGE)
    await renewed.close()
    assert len(api.sent(7)) == 1


async def test_case_31_a_conflict_is_a_matter_of_time(api, telegram):
    api.faults.add(Fault(409, "Conflict: terminated by other getUpdates request"))
    with pytest.raises(TryLater):
        await telegram.send("7", MESSAGE)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(reset=True, after_accept=True), id="reset"),
        pytest.param(Fault(delay=1.0, after_accept=True), id="timeout"),
    ],
)
async def test_case_33_an_answer_lost_after_acceptance_is_unknown(api, telegram, fault):
    api.faults.add(fault)
    with pytest.raises(Unknown):
        await telegram.send("7", MESSAGE)
    assert len(api.sent(7)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(200, body=HTML, content_type="text/html"), id="captive portal"),
        pytest.param(Fault(502, body=HTML, content_type="text/html"), id="502 HTML"),
        pytest.param(Fault(200, body=b""), id="empty"),
        pytest.param(Fault(302, body=b"", headers={"Location": "http://127.0.0.1:1/"}), id="redirect"),
        pytest.param(Fault(200, body=b"\xff\xfe\x00", content_type="image/png"), id="wrong type"),
        pytest.param(Fault(500, "Internal Server Error"), id="500"),
        pytest.param(Fault(504, "Gateway Timeout"), id="504"),
    ],
)
async def test_case_34_an_answer_that_is_none_is_tried_again(api, telegram, fault):
    api.faults.add(fault)
    with pytest.raises(TryLater) as later:
        await telegram.send("7", MESSAGE)
    assert not later.value.asked
    assert api.sent(7) == []
    await telegram.send("7", MESSAGE)


async def test_case_35_a_certificate_nobody_vouches_for_is_never_accepted(tmp_path):
    context = _self_signed(tmp_path)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    channel = TelegramChannel(TOKEN, api=f"https://127.0.0.1:{port}")
    with pytest.raises(Down, match="CERTIFICATE_VERIFY_FAILED"):
        await channel.send("7", MESSAGE)
    await channel.close()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("host", ["127.0.0.1", "telegram.localhost"])
async def test_case_36_without_a_way_to_the_server_nothing_was_sent(host):
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    channel = TelegramChannel(TOKEN, api=f"http://{host}:{port}")
    with pytest.raises(Down):
        await channel.send("7", MESSAGE)
    await channel.close()


async def test_case_37_a_proxy_is_a_way_out(api):
    channel = TelegramChannel(TOKEN, api="http://telegram.localhost:1", proxy=api.url)
    await channel.send("7", MESSAGE)
    await channel.close()
    assert len(api.sent(7)) == 1


async def test_case_40_an_edit_that_is_done_or_pointless_is_done(api, telegram):
    receipt = await telegram.send("7", MESSAGE)
    await telegram.edit("7", receipt, MESSAGE)
    del api.world.messages[7, int(receipt)]
    await telegram.edit("7", receipt, MESSAGE)
    assert [each["kind"] for each in api.accepted] == ["message"]


async def test_an_edit_whose_form_is_refused_is_made_plainer(api, telegram):
    receipt = await telegram.send("7", MESSAGE)
    await telegram.edit("7", receipt, Message((Line((Run("كلمة " * 2000, bold=True),)),)))
    shown = api.world.messages[7, int(receipt)]["text"]
    assert shown.startswith("كلمة كلمة")
    assert shown.endswith("…")


async def test_an_edit_of_somebody_who_left_is_no_success(api, telegram):
    receipt = await telegram.send("7", MESSAGE)
    api.world.chats[7].refuses = (403, "Forbidden: bot was blocked by the user")
    with pytest.raises(Unreachable):
        await telegram.edit("7", receipt, Message(MESSAGE.lines[:1]))


async def test_case_41_a_reply_whose_target_is_gone_is_sent_without(api, telegram):
    await telegram.send("7", MESSAGE, reply_to="999999")
    assert [each["reply_to"] for each in api.sent(7)] == [None]


@pytest.mark.parametrize("address", ["", "reader@example.com", "7/topic"])
async def test_an_address_of_another_kind_is_unreachable(telegram, address):
    with pytest.raises(Unreachable, match="no chat id"):
        await telegram.send(address, MESSAGE)


async def test_a_receipt_of_another_channel_is_neither_edited_nor_replied_to(api, telegram):
    with pytest.raises(Unsendable, match="no receipt"):
        await telegram.edit("7", "<mail-id>", MESSAGE)
    await telegram.send("7", MESSAGE, reply_to="<mail-id>")
    assert [each["reply_to"] for each in api.accepted] == [None]


async def test_a_public_channel_is_reached_by_its_name(api, telegram):
    api.world.chats[-100_9] = Chat(-100_9, "channel", username="marsad_news")
    await telegram.send("@marsad_news", MESSAGE)
    assert len(api.sent(-100_9)) == 1
    with pytest.raises(Unreachable):
        await telegram.send("@nobody_here", MESSAGE)


async def test_a_message_our_own_client_cannot_write_is_unsendable(telegram):
    with pytest.raises(Unsendable):
        await telegram.send("7", Message((Line((Run("خبر \ud800"),)),)))


def _self_signed(folder) -> ssl.SSLContext:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "own.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
