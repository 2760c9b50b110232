"""The server's log as lines of JSON, for journald and those who collect it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

FIELDS = (
    "request",
    "run",
    "token",
    "address",
    "method",
    "route",
    "status",
    "duration_s",
    "command",
    "outcome",
)
"""What a line may hold beside time, level, logger and message."""


class JsonLines(logging.Formatter):
    """Makes one line of JSON of each record; a line break within is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_json_lines() -> None:
    """Have everything logged to standard error so: ours from infos on, others' from warnings on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("kuberry.server").setLevel(logging.INFO)
