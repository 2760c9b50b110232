"""What a Raspberry Pi's firmware reads before Linux starts; what cloud-init does at each boot."""

from __future__ import annotations

from kuberry.model.value import Value


class CommandLineFile(Value):
    """A file that may hold the kernel's command line; the firmware reads its first line only.

    Attributes:
        name: Relative to the boot directory: ``cmdline.txt``, ``current/cmdline.txt``.
        lines: Its lines, without the blanks around them.
    """

    name: str
    lines: tuple[str, ...]

    @property
    def first_line(self) -> str:
        """Return what the firmware reads of it."""
        return next(iter(self.lines), "")

    @property
    def is_one_line(self) -> bool:
        """Return whether nothing stands behind the first line."""
        return not any(self.lines[1:])


class Boot(Value):
    """The boot partition as the firmware sees it.

    Source: https://www.raspberrypi.com/documentation/computers/config_txt.html

    Attributes:
        directory: Where it is mounted; ``None`` where no config.txt is: another kind of machine,
            or one that boots over the network.
        config: Lines of config.txt.
        command_lines: The files that may hold the kernel's command line.
        assets: Names of kernels and device trees, relative to *directory*.
        staged: Whether new boot files wait in ``new/`` for their trial at the next boot, which
            then is two boots (Ubuntu from 25.10 on).
    """

    directory: str | None
    config: tuple[str, ...] = ()
    command_lines: tuple[CommandLineFile, ...] = ()
    assets: tuple[str, ...] = ()
    staged: bool = False

    def command_line(self, name: str) -> CommandLineFile | None:
        """Return the file called *name*, if there is one."""
        return next((one for one in self.command_lines if one.name == name), None)


class CloudInit(Value):
    """What cloud-init would do to the host's names at its next boot.

    Attributes:
        enabled: Whether it runs at boot.
        preserves_hostname: Whether it leaves the host name as it is.
        hostname: The name that the user-data of the boot partition asks for.
        manages_hosts_file: Whether that user-data has /etc/hosts written anew at every boot.
        configuration: Lines of /etc/cloud/cloud.cfg, as they are.
    """

    enabled: bool
    preserves_hostname: bool
    hostname: str | None
    manages_hosts_file: bool
    configuration: tuple[str, ...] = ()


class Radio(Value):
    """A Wi-Fi interface.

    Attributes:
        power_save: Whether it sleeps between packets; ``None`` is unknown (no iw).
        network_manager: Whether NetworkManager runs and so decides that at every connection.
    """

    interface: str
    power_save: bool | None
    network_manager: bool
