"""OpenSSH client configuration: which values hold for one host; the first one found wins.

asyncssh's own reader is not used: it refuses the comments behind a value that ssh takes, expands
``%`` once for every file, and looks for a relative ``Include`` of /etc/ssh in ~/.ssh.
Source: ssh_config(5) and OpenSSH's readconf.c. The tests ask ``ssh -G`` about the same files.
"""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kuberry.errors import UsageError
from kuberry.transports.ssh_config_words import keyword_and_rest, matches_any, words

_SYSTEM = Path("/etc/ssh")
_ACCUMULATING = {"identityfile", "certificatefile"}
_REST_OF_LINE = {"proxycommand", "remotecommand", "knownhostscommand", "localcommand"}
_DEEPEST_INCLUDE = 16
_EXEC_TIMEOUT_S = 10.0


def default_files() -> tuple[Path, ...]:
    """Return the user's and the system's configuration files, where they exist."""
    files = (Path.home() / ".ssh" / "config", _SYSTEM / "ssh_config")
    return tuple(path for path in files if path.is_file())


class ConfigValues:
    """The raw values that hold for one host, by keyword in lower case.

    Args:
        host: The name as the user wrote it.
        user: Login name the user chose, which wins over every file.
        port: Port the user chose, which wins over every file.
    """

    def __init__(self, host: str, *, user: str | None = None, port: int | None = None) -> None:
        self.host = host
        self._values: dict[str, list[str]] = {}
        self._final = False
        self._has_final = False
        if user is not None:
            self._values["user"] = [user]
        if port is not None:
            self._values["port"] = [str(port)]

    def read(self, files: Sequence[Path]) -> None:
        """Take what *files* say about the host.

        Raises:
            UsageError: A file cannot be read, or a line of it is broken.
        """
        for self._final in (False, True):
            for path in files:
                self._read_file(path, depth=0, base=_SYSTEM if _SYSTEM in path.parents else None)
            if not self._has_final:
                break

    def first(self, keyword: str) -> str | None:
        """Return the value of *keyword*; ``None`` where no file has one."""
        found = self._values.get(keyword)
        return found[0] if found else None

    def every(self, keyword: str) -> list[str] | None:
        """Return all values of *keyword*; ``None`` where no file has one."""
        return self._values.get(keyword)

    def keywords(self) -> list[str]:
        """Return the keywords that have a value, in the order in which they were found."""
        return list(self._values)

    def is_set(self, keyword: str) -> bool:
        """Return whether *keyword* says yes."""
        return (self.first(keyword) or "").lower() in {"yes", "true"}

    def _read_file(self, path: Path, *, depth: int, base: Path | None) -> None:
        try:
            lines = path.read_text("utf-8", "replace").splitlines()
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
        active = True
        for number, line in enumerate(lines, 1):
            keyword, rest = keyword_and_rest(line)
            if not keyword:
                continue
            try:
                active = self._line(keyword, rest, active=active, depth=depth, base=base)
            except ValueError as error:
                message = f"{path} line {number}: {error}"
                raise UsageError(message, remedy="correct that line; ssh refuses it too") from None

    def _line(
        self, keyword: str, rest: str, *, active: bool, depth: int, base: Path | None
    ) -> bool:
        if keyword in _REST_OF_LINE:
            if active and rest:
                self._values.setdefault(keyword, [rest])
            return active
        arguments = words(rest)
        if not arguments:
            raise ValueError(f"{keyword} has no value")
        if keyword == "host":
            return matches_any(self.host, arguments)
        if keyword == "match":
            return self._matches(arguments)
        if active and keyword == "include":
            self._include(arguments, depth=depth, base=base)
        elif active:
            self._take(keyword, arguments)
        return active

    def _take(self, keyword: str, arguments: list[str]) -> None:
        if keyword not in _ACCUMULATING:
            self._values.setdefault(keyword, arguments)
        elif arguments[0] not in (known := self._values.setdefault(keyword, [])):
            known.append(arguments[0])

    def _include(self, patterns: list[str], *, depth: int, base: Path | None) -> None:
        if depth >= _DEEPEST_INCLUDE:
            raise ValueError("files include each other too deeply")
        for pattern in patterns:
            path = Path(pattern).expanduser()
            root = Path(path.anchor) if path.anchor else base or Path.home() / ".ssh"
            for found in sorted(root.glob(str(path.relative_to(path.anchor)))):
                if found.is_file():
                    self._read_file(found, depth=depth + 1, base=base)

    def _matches(self, criteria: list[str]) -> bool:
        rest = list(criteria)
        holds = True
        while rest:
            word = rest.pop(0)
            name = word.removeprefix("!").lower()
            if name == "final":
                self._has_final = True
            if name in {"all", "final", "canonical"}:
                result = name == "all" or (name == "final" and self._final)
            elif rest:
                pattern = rest.pop(0)
                result = holds and self._criterion(name, pattern)
            else:
                raise ValueError(f"Match {name} has no pattern")
            holds = holds and result != word.startswith("!")
        return holds

    def _criterion(self, name: str, pattern: str) -> bool:
        if name == "exec":
            return self._succeeds(pattern)
        subject = {
            "host": self.first("hostname") or self.host,
            "originalhost": self.host,
            "user": self.first("user") or getpass.getuser(),
            "localuser": getpass.getuser(),
            "tagged": self.first("tag") or "",
        }.get(name)
        return subject is not None and matches_any(subject, pattern.split(","))

    def _succeeds(self, text: str) -> bool:
        """Run the user's own ``Match exec`` line, as ssh does."""
        host = self.first("hostname") or self.host
        for token, value in (("%h", host), ("%n", self.host), ("%%", "%")):
            text = text.replace(token, value)
        try:
            done = subprocess.run(  # noqa: S602 - the user's configuration asks for a shell
                text,
                shell=True,
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=_EXEC_TIMEOUT_S,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0
