"""The configuration is read once, strictly, and never shows its secrets."""

import subprocess
from pathlib import Path

import pytest

from scheduler.settings_file import put_private, settings_text
from scheduler.wiring import OUTLETS, Config, ConfigError, read_config, watched_outlets

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
    "half a token": ({"MARSAD_TELEGRAM_TOKEN": "1:"}, "MARSAD_TELEGRAM_TOKEN: not a bot token"),
    "a token of two lines": ({"MARSAD_TELEGRAM_TOKEN": "1:a\n2:b"}, "MARSAD_TELEGRAM_TOKEN: not a bot token"),
    "metrics for all": ({"MARSAD_METRICS": "0.0.0.0:1"}, "MARSAD_METRICS: '0.0.0.0:1' must be a loopback"),
    "metrics nowhere": ({"MARSAD_METRICS": "foo"}, "MARSAD_METRICS: 'foo' must be a loopback"),
    "no port": ({"MARSAD_METRICS": "127.0.0.1:²"}, "MARSAD_METRICS"),
    "no file": (
        {"MARSAD_TELEGRAM_TOKEN_FILE": "/nowhere/token"},
        r"/nowhere/token cannot be read \(No such file or directory\)",
    ),
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


def test_settings_are_read_from_a_file_and_the_environment_goes_before_it(tmp_path):
    file = tmp_path / "marsad.env"
    said = {"MARSAD_MAIL_FROM": "مرصد <news@example.org>", "MARSAD_SMTP_HOST": "relay.example", "MARSAD_LOG": "debug",
            "MARSAD_PUBLIC_URL": "https://news.example.org", "MARSAD_USER_AGENT": "O'Desk # 1 $HOME `x`"}  # fmt: skip
    put_private(file, settings_text(said))
    assert file.stat().st_mode & 0o777 == 0o600
    config = read_config({"MARSAD_SETTINGS": str(file), "MARSAD_LOG": "error"})
    assert (config.mail.name, config.log_level) == ("مرصد", "error")
    assert config.user_agent == said["MARSAD_USER_AGENT"]
    words = subprocess.run(
        ["sh", "-c", f'. {file}; printf %s "$MARSAD_USER_AGENT"'], capture_output=True, text=True, check=True
    )
    assert words.stdout == said["MARSAD_USER_AGENT"], "a shell reads the same"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("MARSAD_LOG=info\nMARSAD_LGO=info\n", "marsad.env: MARSAD_LGO: no such setting"),
        ("\nPATH=/bin\n", "marsad.env: line 2: not a setting; write MARSAD_NAME=value"),
        ("MARSAD_USER_AGENT=My Desk\n", "line 1: not a setting; .* with '' around"),
        ("MARSAD_USER_AGENT='My Desk\n", "line 1: No closing quotation"),
    ],
)
def test_a_wrong_line_of_the_file_is_named(tmp_path, text, says):
    file = tmp_path / "marsad.env"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        read_config({"MARSAD_SETTINGS": str(file)})
    with pytest.raises(ConfigError, match=r"cannot be read .*marsad init"):
        read_config({"MARSAD_SETTINGS": str(tmp_path / "nowhere.env")})


def test_a_file_that_cannot_be_put_whole_leaves_the_former_one(tmp_path):
    put_private(tmp_path / "a", "before")
    with pytest.raises(UnicodeEncodeError):
        put_private(tmp_path / "a", "x" * 100_000 + "\udc00")
    assert [each.name for each in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text(encoding="utf-8") == "before"


def test_some_outlets_are_watched_by_country_or_id():
    everything = watched_outlets(Config())
    some = [each for each in watched_outlets(Config(watch=frozenset({"QA", "aawsat"}))) if each.enabled]
    assert len(watched_outlets(Config(watch=frozenset({"QA"})))) == len(everything), (
        "the others keep their names"
    )
    assert {each.id for each in some if each.country != "QA"} == {"aawsat"}
    assert 2 <= len(some) < 20
    with pytest.raises(ConfigError, match="MARSAD_WATCH: 'aljazera' is the id or country of no outlet"):
        watched_outlets(Config(watch=frozenset({"QA", "aljazera"})))
