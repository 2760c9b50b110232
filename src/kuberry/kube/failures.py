"""The one map from the errors of the Kubernetes client to ours."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator

import httpx2
from httpx2.websockets import HTTPXWSException, WebSocketUpgradeError
from lightkube import ApiError

from kuberry.errors import ApiRefused, ApiUnreachable


@contextlib.contextmanager
def our_errors(host: str, look: str) -> Iterator[None]:
    """Raise what goes wrong inside as an error of kuberry.

    Args:
        host: The control plane, for the message.
        look: What to type there to see why the API server does not answer.

    Raises:
        ApiUnreachable: The API server did not answer.
        ApiRefused: It answered with an error.
    """
    try:
        yield
    except ApiError as error:
        message = error.status.message or error.status.reason or "no reason given"
        raise ApiRefused(
            f"the API server answers: {message}",
            host=host,
            status=error.status.code or 0,
        ) from None
    except httpx2.HTTPStatusError as error:
        status = error.response.status_code
        raise ApiRefused(
            f"the API server answers with status {status}", host=host, status=status
        ) from None
    except WebSocketUpgradeError as error:
        status = error.response.status_code
        raise ApiRefused(
            f"the API server opens no stream (status {status})", host=host, status=status
        ) from None
    except (ValueError, LookupError) as error:
        raise ApiRefused(
            f"the API server's answer makes no sense: {str(error)[:200]}", host=host
        ) from None
    except (httpx2.HTTPError, HTTPXWSException, ssl.SSLError, OSError) as error:
        raise ApiUnreachable(
            f"the API server does not answer ({_reason(error)})",
            host=host,
            remedy=f"look on {host}: {look}",
        ) from None


def _reason(error: Exception) -> str:
    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError):
        return "nobody listens there, or hangs up"  # the end of an SSH forwarding tells no more
    return str(error) or type(error).__name__
