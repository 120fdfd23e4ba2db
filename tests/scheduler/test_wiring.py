"""The configuration is read once, strictly, and never shows its secrets."""

from pathlib import Path

import pytest

from scheduler.wiring import OUTLETS, ConfigError, read_config

TOKEN = "123456789:AAabcdefghijklmnopqrstuvwxyz0123456"


def test_nothing_set_is_a_working_configuration():
    config = read_config({"PATH": "/bin"})
    assert (config.database, config.outlets, config.telegram_token) == (Path("marsad.sqlite"), OUTLETS, "")


def test_what_is_set_is_taken():
    config = read_config(
        {"MARSAD_DATABASE": "/x/y.sqlite", "MARSAD_ALLOWED_NETWORKS": "127.0.0.0/8, ::1/128"}
    )
    assert config.database == Path("/x/y.sqlite")
    assert config.allowed_networks == ("127.0.0.0/8", "::1/128")


BAD = {
    "unknown": ({"MARSAD_DATABSE": "x"}, "MARSAD_DATABSE: no such setting"),
    "network": ({"MARSAD_ALLOWED_NETWORKS": "127.0.0.1/8"}, "MARSAD_ALLOWED_NETWORKS"),
    "address": ({"MARSAD_TELEGRAM_API": "file:///x"}, "MARSAD_TELEGRAM_API"),
    "level": ({"MARSAD_LOG": "loud"}, "MARSAD_LOG"),
    "token": ({"MARSAD_TELEGRAM_TOKEN": "secret"}, "MARSAD_TELEGRAM_TOKEN: not a bot token"),
    "no file": ({"MARSAD_TELEGRAM_TOKEN_FILE": "/nowhere/token"}, "/nowhere/token cannot be read"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_setting_is_refused_by_name(case):
    environment, expected = BAD[case]
    with pytest.raises(ConfigError, match=expected):
        read_config(environment)


def test_the_token_never_shows(tmp_path):
    file = tmp_path / "telegram_token"
    file.write_text(TOKEN + "\n")
    for environment in (
        {"MARSAD_TELEGRAM_TOKEN": TOKEN},
        {"MARSAD_TELEGRAM_TOKEN_FILE": str(file)},
        {"CREDENTIALS_DIRECTORY": str(tmp_path)},
    ):
        config = read_config(environment)
        assert config.telegram_token == TOKEN
        assert TOKEN not in repr(config)
    with pytest.raises(ConfigError) as error:
        read_config({"MARSAD_TELEGRAM_TOKEN": TOKEN.replace(":", "")})
    assert TOKEN.replace(":", "") not in str(error.value)


MAIL = {
    "MARSAD_SMTP_HOST": "relay.example.org",
    "MARSAD_MAIL_FROM": "مرصد <news@example.org>",
    "MARSAD_PUBLIC_URL": "https://news.example.org/",
}


def test_three_settings_are_enough_for_mail():
    mail = read_config(MAIL).mail
    assert (mail.host, mail.port, mail.security) == ("relay.example.org", 587, "starttls")
    assert (mail.name, mail.address, mail.bounces) == ("مرصد", "news@example.org", "bounces@example.org")
    assert mail.public_url == "https://news.example.org"
    assert read_config({}).mail is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MARSAD_SMTP_SECURITY", "none"),  # not on this machine
        ("MARSAD_SMTP_SECURITY", "ssl"),
        ("MARSAD_SMTP_PORT", "70000"),
        ("MARSAD_SMTP_PASSWORD_FILE", "/does/not/exist"),
        ("MARSAD_MAIL_FROM", ""),
        ("MARSAD_MAIL_FROM", "nobody"),
        ("MARSAD_MAIL_FROM", "a\nBcc: x <news@example.org>"),
        ("MARSAD_MAIL_BOUNCES", "a+b@example.org"),
        ("MARSAD_PUBLIC_URL", ""),
        ("MARSAD_PUBLIC_URL", "http://news.example.org"),
        ("MARSAD_PUBLIC_URL", "https://news.example.org/?a=1"),
        ("MARSAD_PUBLIC_URL", "https://a>,<b.example.org"),
        ("MARSAD_DKIM_SELECTOR", "a b"),
    ],
)
def test_a_wrong_mail_setting_is_one_line_that_names_it(variable, value):
    with pytest.raises(ConfigError, match=variable) as told:
        read_config(MAIL | {variable: value})
    assert "\n" not in str(told.value)


def test_mail_settings_without_a_relay_are_an_error():
    with pytest.raises(ConfigError, match="MARSAD_SMTP_HOST"):
        read_config({"MARSAD_MAIL_FROM": "news@example.org"})


def test_the_relays_password_shows_nowhere(tmp_path):
    (tmp_path / "p").write_text("sesame\n", encoding="utf-8")
    config = read_config(MAIL | {"MARSAD_SMTP_PASSWORD_FILE": str(tmp_path / "p")})
    assert config.mail.password == "sesame"
    assert "sesame" not in repr(config)
