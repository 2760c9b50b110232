"""OpenSSH's configuration, read as OpenSSH reads it: `ssh -G` is the judge."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kuberry.errors import UsageError
from kuberry.model.host import Host
from kuberry.transports.ssh_config_file import ConfigValues
from kuberry.transports.ssh_settings import settings_for

CONFIGS = {
    "first value wins": "Host red\n User a\nHost *\n User b\n Port 2200\nHost red\n Port 2201",
    "comments": "# one\nHost red # two\n User pi # three\n  # four\nPort 2200 #five\n",
    "equals": "Host=red\nUser = pi\nPort=2200\nHostName =  10.0.0.1\n",
    "case": "HOST red\nUSER pi\npOrT 2200\n",
    "quotes": 'Host "red"\nUser "p i"\nIdentityFile "/a b/c"\nIdentityFile /a\\ b/d\n',
    "single quotes": "Host red\nUser 'p i'\nIdentityFile '/a\"b'\n",
    "windows": "Host red\nIdentityFile C:\\Users\\me\\key\n",
    "wildcards": "Host r?d !red\n User no\nHost r* \n User yes\n",
    "negation": "Host * !red\n User no\nHost !blue\n User never\nHost * !blue\n User yes\n",
    "brackets": "Host [r]ed\n User no\n",
    "hostname": "Host red\nHostName %h.example.org\n",
    "percent": "Host red\nHostName 100%%.example.org\n",
    "identities add up": "Host red\nIdentityFile /a\nHost *\nIdentityFile /b\nIdentityFile /a\n",
    "match host": "Host red\nHostName 10.0.0.1\nMatch host 10.0.0.1\nUser yes\n",
    "match original": "Host red\nHostName 10.0.0.1\nMatch originalhost red\nUser yes\n",
    "match user": "Host red\nUser pi\nMatch user pi,root\nPort 2200\nMatch user root\nPort 1\n",
    "match negated": "Match !host blue\nUser yes\nMatch !host red\nUser no\n",
    "match two": "Match host red user nobody\nPort 1\nMatch all\nPort 2200\n",
    "match exec": "Match exec true\nUser yes\nMatch exec false\nPort 1\n",
    "match exec words": 'Match exec "test %h = red"\nUser yes\n',
    "match final": "Match final\nUser late\nHost red\nPort 2200\n",
    "match final later": "Match final host red\nUser late\nHost *\nUser early\n",
    "jump": "Host red\nProxyJump me@gw:2222,gw2\n",
    "jump before command": "Host red\nProxyJump gw\nProxyCommand nc %h %p\n",
    "command before jump": "Host red\nProxyCommand nc %h %p\nProxyJump gw\n",
    "no jump": "Host red\nProxyJump none\nHost *\nProxyJump gw\n",
    "known hosts": "Host red\nUserKnownHostsFile /a /b\nGlobalKnownHostsFile /c\n",
    "hash": "HashKnownHosts yes\nIdentitiesOnly yes\nHostKeyAlias other\n",
    "family": "AddressFamily inet6\n",
    "unknown keyword": "IgnoreUnknown Foo\nFoo bar\nUser pi\n",
    "empty": "",
    "blank lines": "\n\n  \n\tHost red\n\t\tUser pi\r\n",
}
KEYWORDS = (
    *("user", "port", "hostname", "identityfile", "proxyjump", "proxycommand", "hostkeyalias"),
    *("userknownhostsfile", "globalknownhostsfile", "identitiesonly", "hashknownhosts"),
)


def _by_ssh(config: Path, name: str) -> dict[str, list[str]]:
    """Return what OpenSSH makes of *config* for *name*."""
    done = subprocess.run(
        ["ssh", "-G", "-F", str(config), name], capture_output=True, text=True, check=True
    )
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        keyword, _, value = line.partition(" ")
        if keyword in KEYWORDS:
            found.setdefault(keyword, []).append(value)
    return found


def _by_us(config: Path, name: str) -> dict[str, list[str]]:
    values = ConfigValues(name)
    values.read([config])
    found = {one: values.every(one) for one in KEYWORDS}
    return {one: value for one, value in found.items() if value is not None}


def _comparable(keyword: str, values: list[str]) -> list[str]:
    """Return *values* as ``ssh -G`` prints them: files on one line, the name expanded."""
    if keyword.endswith("knownhostsfile"):
        return [" ".join(values)]
    if keyword == "hostname":
        return [value.replace("%h", "red").replace("%%", "%") for value in values]
    return values


@pytest.mark.skipif(shutil.which("ssh") is None, reason="OpenSSH's client is the judge")
@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS.keys())
def test_a_configuration_means_what_ssh_makes_of_it(text: str, tmp_path: Path) -> None:
    """For every keyword that we use, our value is that of `ssh -G`."""
    config = tmp_path / "config"
    config.write_text(text)
    theirs = _by_ssh(config, "red")
    for keyword, values in _by_us(config, "red").items():
        loser = keyword in {"proxyjump", "proxycommand"} and keyword not in theirs
        if not loser:
            assert (keyword, _comparable(keyword, values)) == (keyword, theirs[keyword])
    host = settings_for(Host(name="red"), [config])
    assert (host.user, str(host.port)) == (theirs["user"][0], theirs["port"][0])
    assert (",".join(host.jumps) or "none") == theirs.get("proxyjump", ["none"])[0]
    assert (host.proxy_command is not None) == ("proxycommand" in theirs)


def test_of_two_files_the_first_wins(tmp_path: Path) -> None:
    """The user's file comes before the system's; identity files of both are offered."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("Host red\nUser pi\nIdentityFile /%h%%\nHost blue\n")
    two.write_text("Host *\nUser other\nPort 2200\nIdentityFile /two\n")
    found = settings_for(Host(name="red"), [one, two])
    assert (found.user, found.port) == ("pi", 2200)
    assert found.identity_files == (Path("/red%"), Path("/two"))


def test_the_host_s_own_words_win(tmp_path: Path) -> None:
    """What the expression, the inventory or the lab says of a host is not asked of any file."""
    config = tmp_path / "config"
    config.write_text("Host *\nUser a\nPort 1\nHostName b\nIdentityFile /c\nUserKnownHostsFile /d")
    host = Host(
        name="red",
        user="pi",
        port=2200,
        address="10.0.0.1",
        identity_file=Path("/key"),
        known_hosts_file=Path("/known"),
    )
    found = settings_for(host, [config])
    assert (found.user, found.port, found.target) == ("pi", 2200, "10.0.0.1")
    assert (found.identity_files, found.is_only_identities) == ((Path("/key"),), True)
    assert (found.user_known_hosts, found.global_known_hosts) == ((Path("/known"),), ())


def test_included_files_are_read_in_order_and_in_place(tmp_path: Path) -> None:
    """Include takes patterns, sorted; it holds where its block does, and ends with its line."""
    for name in ("b", "a"):
        (tmp_path / f"{name}.conf").write_text(f"User {name}\nHost blue\nPort 1\n")
    (tmp_path / "never").write_text("Port 2\n")
    config = tmp_path / "config"
    config.write_text(
        f"Host red\nInclude {tmp_path}/*.conf\nHostName x\nHost blue\nInclude {tmp_path}/never\n"
    )
    assert _by_us(config, "red") == {"user": ["a"], "hostname": ["x"]}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Host red\n  User\n", "line 2: user has no value"),
        ('User "open\n', "line 1: a quote is not closed"),
        ("Match host\n", "line 1: Match host has no pattern"),
        ("Include config\n", "include each other too deeply"),
    ],
)
def test_a_line_that_is_broken_is_shown(
    text: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the file and the line, as a mistake of the user's and not of ours."""
    monkeypatch.setenv("HOME", str(tmp_path))
    config = tmp_path / ".ssh" / "config"
    config.parent.mkdir()
    config.write_text(text)
    with pytest.raises(UsageError, match=fault) as raised:
        settings_for(Host(name="red"), [config])
    assert str(config) in raised.value.message


def test_a_port_is_a_number(tmp_path: Path) -> None:
    """A port that is none is refused before anything is connected to."""
    config = tmp_path / "config"
    config.write_text("Port ssh\n")
    with pytest.raises(UsageError, match="no port 'ssh'"):
        settings_for(Host(name="red"), [config])
