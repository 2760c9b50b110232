"""Where lab hosts cannot run, the refusal says why and gives the line that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from kuberry.cli.exits import Exit, exit_for
from kuberry.errors import LabUnavailable
from kuberry.lab import requirements

MOUNTINFO = """\
22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:21 / /home rw shared:2 - overlay overlay rw
24 23 0:22 / /home/user/disk rw - xfs /dev/vdb rw
25 22 0:23 / /homeless rw - tmpfs tmpfs rw
26 22 0:24 / /twice rw - tmpfs tmpfs rw
27 26 0:25 / /twice rw - btrfs /dev/vdc rw
"""


def test_another_system_is_refused() -> None:
    """MacOS and Windows have no Linux kernel; the user is told what has."""
    with pytest.raises(LabUnavailable, match="Darwin") as caught:
        requirements.check_system("Darwin", 0)
    assert "Linux machine" in caught.value.remedy


def test_a_user_who_is_not_root_is_told_the_line() -> None:
    """The line keeps the user's home, so that the lab is the user's."""
    with pytest.raises(LabUnavailable, match="root") as caught:
        requirements.check_system("Linux", 1000)
    assert 'sudo --preserve-env=HOME "$(command -v kuberry)" lab' in caught.value.remedy


def test_missing_programs_are_named_with_the_line_that_installs_them() -> None:
    """All that is missing is named at once, each package once."""
    missing = {"systemd-nspawn", "mmdebstrap", "ssh", "ssh-keygen"}
    with pytest.raises(LabUnavailable) as caught:
        requirements.check_programs(lambda name: None if name in missing else f"/usr/bin/{name}")
    assert all(name in caught.value.message for name in missing)
    line = "sudo apt-get install --yes mmdebstrap openssh-client systemd-container"
    assert caught.value.remedy == line


def test_a_machine_with_every_program_passes() -> None:
    """Nothing is refused where nothing is missing."""
    requirements.check_programs(lambda name: f"/usr/bin/{name}")


def test_a_refusal_ends_with_the_code_of_preflight() -> None:
    """Scripts can tell "cannot run here" from a failure."""
    assert exit_for(LabUnavailable("no")) is Exit.PREFLIGHT


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/home/user", "overlay"),
        ("/home/user/disk/lab", "xfs"),
        ("/homeless/lab", "tmpfs"),
        ("/twice/lab", "btrfs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    """The deepest mount above the path counts, and of two at one place the later."""
    assert requirements.file_system_of(Path(path), MOUNTINFO) == kind
