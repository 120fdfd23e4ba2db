"""``marsad web``."""

import socket

import click
import uvicorn

from alerts.consent import mail_key
from scheduler.archive import beside, open_database, utc_now
from scheduler.web.app import make_app
from scheduler.wiring import Config, ConfigError, load_rules

EXAMPLES = """\b
marsad web
marsad web --port 9000
"""


@click.command(epilog=EXAMPLES)
@click.option("--port", type=click.IntRange(0, 65535), default=8440, help="On 127.0.0.1.")
@click.pass_obj
def web(config: Config, port: int) -> None:
    """Serve the sign-up and one-click unsubscribe pages on 127.0.0.1, for a public HTTPS proxy before them.

    MARSAD_PUBLIC_URL names the address that the proxy has. See docs/guide/mail.md for the proxy's side.
    """
    if not config.public_url:
        raise ConfigError(
            "MARSAD_PUBLIC_URL: is not set; name the https address under which readers reach the pages"
        )
    topics = load_rules(config).topics
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise click.ClickException(f"127.0.0.1:{port} cannot be listened on ({error.strerror})") from error
    with listener, beside(config.database), open_database(config.database) as database:
        key = database.write(lambda c: mail_key(c, utc_now()))
        app = make_app(database, key=key, public_url=config.public_url, topics=topics, now=utc_now)
        click.echo(
            f"serving http://127.0.0.1:{listener.getsockname()[1]}/ as {config.public_url}/; Ctrl-C ends it"
        )
        uvicorn.Server(
            uvicorn.Config(
                app,
                access_log=False,  # addresses of pages are secrets of their readers
                log_config=None,
                lifespan="off",
                ws="none",
                http="h11",
                proxy_headers=False,
                server_header=False,
                limit_concurrency=64,
                timeout_graceful_shutdown=5,
            )
        ).run(sockets=[listener])
