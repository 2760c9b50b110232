"""Probes of what happens before and while Linux starts: boot partition, cloud-init."""

from __future__ import annotations

from kuberry.facts.probe import Lines, Probe
from kuberry.model.facts import Boot, CloudInit, CommandLineFile, Radio

_YES = {"true", "yes", "on", "1"}


def _boot(output: str) -> Boot:
    lines = Lines(output)
    found: dict[str, list[str]] = {name: [] for name in lines.all("file")}
    for row in lines.all("line"):
        name, _, text = row.partition("\t")
        found[name].append(text.strip())
    return Boot(
        directory=lines.first("directory"),
        config=lines.all("config"),
        command_lines=tuple(
            CommandLineFile(name=name, lines=_without_end(rows)) for name, rows in found.items()
        ),
        assets=lines.all("asset"),
        staged=lines.first("staged") == "unknown",
    )


def _without_end(rows: list[str]) -> tuple[str, ...]:
    """Return *rows* without the empty one that `echo` put behind a file."""
    return tuple(rows[:-1] if rows and not rows[-1] else rows)


# From Bookworm on /boot holds decoys that say where the files went. The partition also has files
# with passwords (userconf.txt, user-data): only those are read that can be a command line.
BOOT = Probe(
    "boot",
    """\
for directory in /boot/firmware /boot none; do
  if [ -e "$directory/config.txt" ]; then break; fi
done
if [ "$directory" = none ]; then echo none:; exit 0; fi
cd "$directory" || exit
printf 'directory:%s\\n' "$directory"
sed 's/^/config:/' config.txt; echo
tab=$(printf '\\t')
given=$(sed -n 's/^[[:space:]]*cmdline=\\([A-Za-z0-9._/-]*\\)[[:space:]]*$/\\1/p' config.txt)
below=$(for one in $given; do echo "*/${one#/}"; done)
for name in $(for one in *cmdline*.txt */*cmdline*.txt $given $below; do echo "${one#/}"; done |
  sort -u); do
  [ -f "$name" ] || continue
  printf 'file:%s\\n' "$name"
  { cat "$name"; echo; } | sed "s|^|line:$name$tab|"
done
for name in vmlinuz* kernel*.img *.dtb */vmlinuz* */kernel*.img */*.dtb; do
  [ ! -f "$name" ] || printf 'asset:%s\\n' "$name"
done
[ ! -f new/state ] || printf 'staged:%s\\n' "$(cat new/state)"
""",
    _boot,
)


def _cloud_init(output: str) -> CloudInit:
    lines = Lines(output)
    rows = output.split("\n")
    return CloudInit(
        enabled=lines.need("enabled") == "yes",
        preserves_hostname=_is_true(lines.all("preserve")),
        hostname=(lines.first("hostname") or "").strip("\"'") or None,
        manages_hosts_file=_is_true(lines.all("manage")),
        configuration=tuple(row[len("cfg:") :] for row in rows if row.startswith("cfg:")),
    )


def _is_true(words: tuple[str, ...]) -> bool:
    """Decide by the last word, as a later file of cloud.cfg.d wins."""
    return bool(words) and words[-1].strip("\"'").lower() in _YES | {"localhost"}


# Only the lines wanted are read of user-data: it may hold password hashes. root may read it all.
CLOUD_INIT = Probe(
    "cloud-init",
    """\
enabled=no
if [ -e /etc/cloud/cloud.cfg ] && [ ! -e /etc/cloud/cloud-init.disabled ]; then enabled=yes; fi
printf 'enabled:%s\\n' "$enabled"
[ "$enabled" = yes ] || exit 0
sed 's/^/cfg:/' /etc/cloud/cloud.cfg; echo
cat /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d/*.cfg | sed -n 's/^preserve_hostname:/preserve:/p'
for seed in /boot/firmware /boot; do
  if [ -r "$seed/user-data" ]; then
    sed -n -e 's/^hostname:/hostname:/p' -e 's/^preserve_hostname:/preserve:/p' \
      -e 's/^manage_etc_hosts:/manage:/p' "$seed/user-data"
    break
  fi
done
""",
    _cloud_init,
)


def _radios(output: str) -> tuple[Radio, ...]:
    lines = Lines(output)
    managed = lines.first("networkmanager") == "active"
    return tuple(
        Radio(
            interface=name,
            power_save={"on": True, "off": False}.get(word.strip()),
            network_manager=managed,
        )
        for name, _, word in (row.partition(" ") for row in lines.all("radio"))
    )


# iw(8) says "Power save: on"; reading it needs no privilege.
RADIOS = Probe(
    "radios",
    """\
name=
for link in /sys/class/net/*; do
  [ -e "$link/phy80211" ] || continue
  name=${link##*/}
  printf 'radio:%s %s\\n' "$name" "$(iw dev "$name" get power_save | sed 's/^Power save: *//')"
done
[ -z "$name" ] || printf 'networkmanager:%s\\n' "$(systemctl is-active NetworkManager)"
""",
    _radios,
)
