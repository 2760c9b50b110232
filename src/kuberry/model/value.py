"""What all values that cross a border (JSON, YAML, HTTP) have in common."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value that refuses fields it does not know."""

    # A run meets a few of all these classes: each is made ready when it is first used.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
