"""The coroutines of kuberry as plain functions, for programs without an event loop.

``kuberry.sync.deploy("red,red[01-02]")`` takes the same arguments and returns the same report as
``await kuberry.deploy("red,red[01-02]")``.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from kuberry.api import bundle, find, lab, setup
from kuberry.api import check as _check
from kuberry.api import deploy as _deploy
from kuberry.api import kubeconfig as _kubeconfig
from kuberry.api import node as _node
from kuberry.api import queue as _queue
from kuberry.api import reset as _reset
from kuberry.api import status as _status
from kuberry.api import stop as _stop
from kuberry.api import verify as _verify
from kuberry.api import watch as _watch
from kuberry.errors import UsageError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _twin(
    function: Callable[Arguments, Coroutine[Any, Any, Result]],
) -> Callable[Arguments, Result]:
    """Return *function* as one that blocks until it is done.

    Raises:
        UsageError: It was called inside a running event loop, which it would block.
    """

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        name = function.__name__
        if _is_loop_running():
            raise UsageError(
                f"kuberry.sync.{name} was called inside a running event loop",
                remedy=f"write await kuberry.{name}(…) there",
            )
        return asyncio.run(function(*args, **kwargs))

    return call


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


check = _twin(_check.check)
deploy = _twin(_deploy.deploy)
find_hosts = _twin(find.find_hosts)
hosts_that_need_a_password = _twin(setup.hosts_that_need_a_password)
install_queue = _twin(_queue.install_queue)
kubeconfig = _twin(_kubeconfig.kubeconfig)
lab_bundle = _twin(bundle.lab_bundle)
lab_down = _twin(lab.lab_down)
lab_power = _twin(lab.lab_power)
lab_status = _twin(lab.lab_status)
lab_up = _twin(lab.lab_up)
node_add = _twin(_node.node_add)
node_remove = _twin(_node.node_remove)
plan = _twin(_deploy.plan)
plan_queue = _twin(_queue.plan_queue)
queue_status = _twin(_queue.queue_status)
reset = _twin(_reset.reset)
setup_hosts = _twin(setup.setup_hosts)
status = _twin(_status.status)
stop = _twin(_stop.stop)
upstream_bundle = _twin(bundle.upstream_bundle)
verify = _twin(_verify.verify)
watch = _twin(_watch.watch)

__all__ = [
    "check",
    "deploy",
    "find_hosts",
    "hosts_that_need_a_password",
    "install_queue",
    "kubeconfig",
    "lab_bundle",
    "lab_down",
    "lab_power",
    "lab_status",
    "lab_up",
    "node_add",
    "node_remove",
    "plan",
    "plan_queue",
    "queue_status",
    "reset",
    "setup_hosts",
    "status",
    "stop",
    "upstream_bundle",
    "verify",
    "watch",
]
