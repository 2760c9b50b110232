"""`kuberry server`: servers that lines are sent to, and how to ask them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kuberry.cli.login import ask
from kuberry.cli.options import Output, OutputOption
from kuberry.cli.render import console
from kuberry.errors import UsageError

app = typer.Typer(
    help="Servers that `kuberry --server URL …` is done by: docs/server.md.", no_args_is_help=True
)

Url = Annotated[str, typer.Argument(metavar="URL", help="For example https://192.168.1.10:8443.")]
CaOption = Annotated[
    Path | None, typer.Option("--ca-file", metavar="FILE", help="Whom to trust: its ca.pem.")
]
FingerprintOption = Annotated[
    str | None,
    typer.Option(
        "--fingerprint", metavar="SHA256", help="Of its ca.pem, as `kuberry serve` says it there."
    ),
]


@app.command()
def login(
    url: Url,
    ca_file: CaOption = None,
    fingerprint: FingerprintOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Keep the token for a server, and whom to trust there; asks for the token, or reads a line."""
    from kuberry.client.logins import Login, keep
    from kuberry.settings import Settings

    settings = Settings()
    token = settings.token or ask(f"token for {url}")
    found = Login(url, token, _authority(url, ca_file, fingerprint))
    with found.client() as client:
        who = client.me().token
    directory = keep(found, settings)
    if output is Output.JSON:
        words = {"url": url, "name": who.name, "scope": who.scope.value, "kept": str(directory)}
        console.print_json(words)
    else:
        console.print_lines((f"logged in to {url} as {who.name}, good for: {who.scope}",))


@app.command()
def logout(url: Url, output: OutputOption = Output.TABLE) -> None:
    """Forget the token for a server; it stays good until an admin revokes it there."""
    from kuberry.client.logins import forget
    from kuberry.settings import Settings

    known = forget(url, Settings())
    if output is Output.JSON:
        console.print_json({"url": url, "was_known": known})
    else:
        console.print_lines((f"{url} is forgotten" if known else f"{url} was not known",))


def _authority(url: str, ca_file: Path | None, fingerprint: str | None) -> str | None:
    """Return whom to trust as the server, as the user says; ``None`` for whom the system trusts."""
    from kuberry.client import logins

    if ca_file is not None:
        return logins.read_authority(ca_file)
    if fingerprint is None:
        return None
    authority = logins.authority_of(url)
    found = logins.fingerprint(authority)
    if not logins.is_same(fingerprint, found):
        message = f"{url} shows another authority: {found}"
        raise UsageError(message, remedy="compare it with what `kuberry serve` says there")
    return authority
