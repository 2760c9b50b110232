"""The study's preparation with pyinfra: files, a large program, a unit."""

from pathlib import Path

from pyinfra import host
from pyinfra.operations import files, systemd

root = Path(host.data.site) / "files"
for path in sorted(one for one in root.rglob("*") if one.is_file()):
    target = f"/{path.relative_to(root)}"
    mode = "755" if "/bin/" in target else "644"
    files.put(name=f"Put {target}", src=str(path), dest=target, mode=mode)
systemd.service(name="Unit", service="study.service", running=True, enabled=True)
