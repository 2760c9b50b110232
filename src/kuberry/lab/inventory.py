"""Read which hosts the lab has: needs neither root nor Linux."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from kuberry.errors import PreflightFailed
from kuberry.model.host import Host
from kuberry.model.lab import LabState


def state_file(lab_dir: Path) -> Path:
    """Return the file that remembers the lab of *lab_dir*."""
    return lab_dir / "lab.json"


def read_state(lab_dir: Path) -> LabState | None:
    """Return the lab of *lab_dir*; ``None`` when there is none.

    Raises:
        PreflightFailed: The file is there and cannot be read or understood.
    """
    path = state_file(lab_dir)
    try:
        return LabState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except PermissionError as error:
        msg = f"the lab's file {path} belongs to another user"
        raise PreflightFailed(msg, remedy="run kuberry as the user who started the lab") from error
    except ValidationError as error:
        msg = f"the lab's file {path} is not one that this kuberry wrote"
        raise PreflightFailed(msg, remedy="sudo kuberry lab down") from error


def lab_hosts(lab_dir: Path) -> dict[str, Host]:
    """Return how to log in to each host of the lab of *lab_dir*, by name; no lab has no hosts."""
    state = read_state(lab_dir)
    return {host.name: state.login(host.name) for host in state.hosts} if state else {}
