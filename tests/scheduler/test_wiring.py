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
