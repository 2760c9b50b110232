"""Tokens: made, shown once, and told from wrong ones."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta

from kuberry.journal import tokens as kept
from kuberry.journal.store import Store
from kuberry.model.access_token import IssuedToken, NewToken, Scope, TokenRecord

_TEXT = re.compile(r"kuberry_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"").hexdigest()


def issue(store: Store, wish: NewToken) -> IssuedToken:
    """Make a token and keep its digest; the token itself is in what is returned, and nowhere else.

    It is random and long, so that a plain digest is enough: there is nothing to guess.

    Raises:
        JournalUnusable: The journal cannot be written.
    """
    now = datetime.now(UTC)
    token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    record = TokenRecord(
        id=token_id,
        name=wish.name,
        scope=wish.scope,
        created=now,
        expires=now + timedelta(days=wish.days),
    )
    kept.add_token(store, record, _digest(secret))
    return IssuedToken(record=record, token=f"kuberry_{token_id}_{secret}")


def recognize(store: Store, text: str) -> TokenRecord | None:
    """Return whose token *text* is; ``None`` where it is nobody's, or no longer good.

    Raises:
        JournalUnusable: The journal cannot be read.
    """
    found = _TEXT.fullmatch(text)
    known = kept.find_token(store, found[1]) if found else None
    record, digest = known or (None, _NOBODY)
    is_right = hmac.compare_digest(_digest(found[2] if found else ""), digest)
    if record is None or not is_right or record.revoked is not None:
        return None
    if record.expires is not None and record.expires <= datetime.now(UTC):
        return None
    return record


def has_admin(store: Store) -> bool:
    """Return whether somebody was ever made the admin of this server.

    Raises:
        JournalUnusable: The journal cannot be read.
    """
    return any(one.scope is Scope.ADMIN for one in kept.all_tokens(store))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
