"""Mails as they come: read whatever they are, without what they quote, and judged."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.cases.inbound import rules
from reviews.cases.inbound.quotes import own_words
from reviews.cases.inbound.reading import read, text_of_html
from reviews.cases.inbound.rules import Facts, Verdict, judge

TOKEN = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")

PLAIN = (
    b"From: =?utf-8?q?Ana_M=C3=BCller?= <Ana@Mail.Test>\r\nTo: care+0f0e@shop.test\r\nSubject: Re: lamp\r\n"
    b"Message-ID: <m1@mail.test>\r\nIn-Reply-To: <a@shop.test>\r\nReferences: <r1@shop.test>\r\n"
    b" <a@shop.test>\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"It is f=FCr the kitchen.\r\n"
)
HTML = b"From: %b\nContent-Type: text/html; charset=%b\n\n%b"


def test_headers_and_text() -> None:
    mail = read(PLAIN)
    assert (mail.key, mail.from_address, mail.from_name) == ("m1@mail.test", "ana@mail.test", "Ana Müller")
    assert mail.answers == ("a@shop.test", "r1@shop.test")
    assert mail.text == "It is für the kitchen."
    assert mail.automatic is None
    assert read(PLAIN).key == mail.key
    without = PLAIN.replace(b"Message-ID: <m1@mail.test>\r\n", b"")
    assert read(without).key.startswith("sha256:")
    assert read(without).key == read(without).key != read(without + b"x").key


def test_html_alone_and_attachments() -> None:
    raw = (
        b"From: a@b.test\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
        b"Content-Type: text/html; charset=utf-8\n\n"
        b"<style>p{}</style><p>Still <b>broken</b>.<br>See &lt;here&gt;</p>"
        b"<blockquote>You said</blockquote>\n"
        b"--x\nContent-Type: image/jpeg\n"
        b'Content-Disposition: attachment; filename="lamp.jpg"\n\nxxxx\n--x--\n'
    )
    mail = read(raw)
    assert mail.text.splitlines() == ["Still broken.", "See <here>", "> You said"]
    assert mail.attachments == ("lamp.jpg",)
    assert rules.words_of(mail.text) == "Still broken.\nSee <here>"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Auto-Submitted: auto-replied", "auto_submitted"),
        ("Auto-Submitted: no", None),
        ("Precedence: Bulk", "bulk"),
        ("List-Id: <news.test>", "mailing_list"),
        ("X-Autoreply: yes", "auto_reply"),
        ("Return-Path: <>", "bounce"),
        ("Return-Path: <ana@mail.test>", None),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=x", "bounce"),
    ],
)
def test_machines(header: str, reason: str | None) -> None:
    assert read(f"From: Ana <ana@mail.test>\n{header}\n\nHello\n".encode()).automatic == reason


@given(st.binary(max_size=400), st.binary(max_size=200))
def test_nothing_that_comes_raises(head: bytes, tail: bytes) -> None:
    for raw in (
        head,
        PLAIN + tail,
        HTML % (head, tail, tail),
    ):
        mail = read(raw)
        assert mail.key
        assert "\0" not in mail.text + mail.subject + mail.from_name
        f"{mail.text}{mail.subject}{mail.from_name}{mail.attachments}{mail.to}".encode()
        rules.words_of(mail.text)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (
            "It broke.\n\nOn Mon, 2 Mar 2026, Shop <care@shop.test> wrote:\n> ##- Up\n> Hello",
            "It broke.",
        ),
        ("It broke.\n\nOn Mon, 2 Mar 2026 at 10:00, Shop\n<care@shop.test> wrote:\n\n> Hello", "It broke."),
        ("坏了。\n\n在 2026年3月2日，Shop <care@shop.test> 写道：\n> 您好", "坏了。"),
        ("壞了。\n\n-----原始郵件-----\n寄件者: Shop\n主旨: x", "壞了。"),
        ("Kaputt.\n\nVon: Shop\nGesendet: Montag\nAn: Ana\nBetreff: x\n\nHallo", "Kaputt."),
        ("> What is broken?\nThe switch.\n> When?\nYesterday.", "The switch.\nYesterday."),
        ("Thanks,\nstill broken: the switch\n-- \nAna", "Thanks,\nstill broken: the switch\n-- \nAna"),
        ("From: where do I send it?\nPlease tell me.", "From: where do I send it?\nPlease tell me."),
        ("> only a quote", "> only a quote"),
        ("He wrote:\nI am sorry.", "He wrote:\nI am sorry."),
    ],
)
def test_quotes(text: str, own: str) -> None:
    assert own_words(text) == own


def test_long_and_hostile_texts_are_fast_and_cut() -> None:
    for text in (
        "a" * 100_000,
        "> " * 50_000,
        "On " * 30_000 + "wrote:",
        "\n" * 100_000,
        "From: x\n" * 12_000,
    ):
        assert len(rules.words_of(text)) <= 4000


def test_addresses() -> None:
    address = rules.reply_address("care@shop.test", TOKEN)
    assert rules.tokens(["other@shop.test", address], ()) == [TOKEN]
    assert rules.tokens((), [rules.thread_id(TOKEN, "shop.test").strip("<>")]) == [TOKEN]
    assert rules.tokens(["care+0f0e@shop.test"], ["0f0e@shop.test"]) == []
    assert rules.mail_ids([f"{TOKEN}@shop.test", "x@shop.test"]) == [TOKEN]


def test_what_becomes_of_it() -> None:
    fine = Facts(None, ours=False, has_case=True, from_customer=True, in_last_hour=0, empty=False)
    assert judge(fine) == Verdict("taken")
    assert judge(replace(fine, ours=True)) == Verdict("refused", "own_mail")
    assert judge(replace(fine, automatic="bulk")) == Verdict("refused", "bulk")
    assert judge(replace(fine, has_case=False)) == Verdict("parked", "no_case")
    assert judge(replace(fine, from_customer=False)) == Verdict("parked", "other_sender")
    assert judge(replace(fine, empty=True)) == Verdict("parked", "empty")
    assert judge(replace(fine, in_last_hour=rules.HOUR_LIMIT - 1)) == Verdict("taken")
    assert judge(replace(fine, in_last_hour=rules.HOUR_LIMIT)) == Verdict("parked", "too_many")


def test_html_without_end() -> None:
    assert text_of_html("<div><script>x") == ""
    assert text_of_html("<p>a</p><p>b") == "a\nb"
