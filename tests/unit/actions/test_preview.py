"""What a dry run shows of files: what would change, and no secret."""

from __future__ import annotations

from kuberry.actions.preview import file_changes
from kuberry.model.plan import Captured, File, HostPlan, Plan, WriteFiles
from kuberry.transports.fake import FakeTransport


async def test_what_a_secret_replaces_is_not_read() -> None:
    """It is a secret, too: an agent's token of yesterday."""
    files = (
        File(path="/etc/token", content=(Captured(captured="agent-token"), "\n"), mode=0o600),
        File(path="/etc/plain", content=("new\n",)),
    )
    step = WriteFiles(id="files", title="write", files=files)
    plan = Plan(title="test", hosts=(HostPlan(host="red", steps=(step,)),))
    there = {"/etc/token": b"K10old::node:secret\n", "/etc/plain": b"old\n"}
    token, plain = await file_changes(plan, {"red": FakeTransport("red", files=there)})

    assert (token.before, token.after) == (None, "<agent-token>\n")
    assert (plain.before, plain.after) == ("old\n", "new\n")


async def test_a_file_that_is_new_replaces_nothing() -> None:
    """An empty file is something else; what is gone after a boot is no change at all."""
    files = (
        File(path="/etc/new", content=("new\n",)),
        File(path="/etc/empty", content=("new\n",)),
        File(path="/run/join", content=("secret\n",), volatile=True),
    )
    step = WriteFiles(id="files", title="write", files=files)
    plan = Plan(title="test", hosts=(HostPlan(host="red", steps=(step,)),))
    changes = await file_changes(plan, {"red": FakeTransport("red", files={"/etc/empty": b""})})

    assert [(one.path, one.before) for one in changes] == [("/etc/new", None), ("/etc/empty", "")]
