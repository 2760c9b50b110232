"""Who may ask a server, and for what."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field

from kuberry.model.value import Value

TokenName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$", examples=["the page of the lab"])
]


class Scope(StrEnum):
    """What a token is good for; each includes those before it.

    ``read`` looks, ``operate`` changes hosts and clusters, ``admin`` gives tokens.
    """

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def includes(self, other: Scope) -> bool:
        """Return whether *other* may be done with it, too."""
        ranks = list(Scope)
        return ranks.index(self) >= ranks.index(other)


class TokenRecord(Value):
    """A token as the server knows it: never its secret.

    Attributes:
        expires: ``null`` where it does not.
        revoked: ``null`` where it was not.
    """

    id: str
    name: str
    scope: Scope
    created: AwareDatetime
    expires: AwareDatetime | None = None
    revoked: AwareDatetime | None = None


class NewToken(Value):
    """A token that is wished for.

    Attributes:
        days: After which it expires.
    """

    model_config = ConfigDict(defer_build=False)  # as FastAPI wants its bodies

    name: TokenName
    scope: Scope
    days: int = Field(default=90, ge=1, le=3650)


class IssuedToken(Value):
    """A token that was made; its text is told this one time.

    Attributes:
        token: To be sent as ``Authorization: Bearer …``.
    """

    record: TokenRecord
    token: str


class AuditRecord(Value):
    """Who asked for what.

    Attributes:
        number: Counts all entries.
        token: Its id; empty where none was shown.
        address: Where the request came from.
        action: Method and kind of resource: ``POST /runs``.
        outcome: ``let-in``, ``refused``, or ``begun`` for a run that it led to.
        subject: Of what: the run's id, or why it was refused.
    """

    number: int
    time: AwareDatetime
    token: str
    address: str
    action: str
    outcome: str
    subject: str
