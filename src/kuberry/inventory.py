"""The user's own names: hosts with their addresses and logins, and groups for ``@name``."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from kuberry.errors import UsageError
from kuberry.model.value import Value


class InventoryHost(Value):
    """What the user wrote about one host; ``None`` leaves it to the SSH configuration."""

    address: str | None = None
    user: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    identity_file: Path | None = None


class Inventory(Value):
    """The inventory file as it is written.

    Attributes:
        hosts: By the name used in host expressions.
        groups: What ``@name`` stands for: a host expression each.
    """

    hosts: dict[str, InventoryHost] = Field(default_factory=dict)
    groups: dict[str, str] = Field(default_factory=dict)


def read_inventory(path: Path) -> Inventory:
    """Read the inventory file; a missing file is an empty inventory.

    Raises:
        UsageError: The file cannot be read, is no YAML, or says something unknown.
    """
    try:
        return Inventory.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except FileNotFoundError:
        return Inventory()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        reason = f"{where}: {first['msg']}"
    remedy = "it holds `hosts:` (name: {address, user, port, identity_file}) and `groups:`"
    raise UsageError(f"the inventory {path} is unusable: {reason}", remedy=remedy)
