"""How hosts are logged in to: the user's choices for a whole run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from kuberry.model.value import Value

HostKeyPolicy = Literal["accept-new", "strict"]


class ConnectOptions(Value):
    """The choices that hold for every host of a run.

    Attributes:
        host_key_policy: ``accept-new`` writes an unknown key to known_hosts; ``strict`` refuses it.
            A changed key is refused by both.
        connect_timeout_s: Seconds for name look-up, TCP, key exchange and login together.
        keepalive_interval_s: Seconds between keep-alive messages; three unanswered end the link.
        concurrency: How many logins are under way at once.
        sudo_password: Asked of the user once; sent through standard input only. ``None`` means
            sudo must work without one.
        config_files: OpenSSH client configuration; the first value found wins, as in ssh itself.
            ``None`` means ~/.ssh/config and /etc/ssh/ssh_config where they exist.
    """

    host_key_policy: HostKeyPolicy = "accept-new"
    connect_timeout_s: float = Field(default=10.0, gt=0)
    keepalive_interval_s: float = Field(default=5.0, gt=0)
    concurrency: int = Field(default=64, ge=1)
    sudo_password: SecretStr | None = None
    config_files: tuple[str, ...] | None = None
