"""`kuberry job`: a user's work on the cluster."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kuberry.cli import job_words
from kuberry.cli.exits import Exit
from kuberry.cli.kubectl import ClusterOption, write
from kuberry.cli.login import connect_options
from kuberry.cli.options import (
    AskSudoOption,
    HostKeys,
    HostKeysOption,
    Output,
    OutputOption,
    TimeoutOption,
)
from kuberry.cli.render import console
from kuberry.cli.running import run

if TYPE_CHECKING:
    from kuberry.api.job import Jobs

app = typer.Typer(help="Your work on the cluster: submit, wait, fetch.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Of the job.")]
WordsArgument = Annotated[
    list[str],
    typer.Argument(metavar="-- CMD ...", help="A command, or a script here, and its arguments."),
]


@app.command(context_settings={"allow_interspersed_args": False})
def submit(
    words: WordsArgument,
    name: job_words.NameOption = None,
    image: job_words.ImageOption = None,
    array: job_words.ArrayOption = None,
    cpus: job_words.CpusOption = "1",
    memory: job_words.MemoryOption = "256Mi",
    retries: job_words.RetriesOption = 0,
    time_limit: job_words.TimeLimitOption = None,
    priority: job_words.PriorityOption = job_words.Priority.NORMAL,
    env: job_words.EnvOption = None,
    cluster: ClusterOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Have a command, or a script of this machine, run on the cluster; once for each index."""
    from kuberry.cli.render.job import show

    wish = job_words.wish(
        words,
        name=name or f"{job_words.stem(words)}-{secrets.token_hex(3)}",
        image=image,
        array=array,
        cpus=cpus,
        memory=memory,
        retries=retries,
        time_limit_s=time_limit,
        priority=priority.value,
        env=env or [],
    )
    jobs = _jobs(cluster, host_key_policy, connect_timeout, ask_sudo_password)
    show(run(jobs.submit(wish)).status, output)
    return Exit.DONE


@app.command(name="list")
def list_jobs(
    cluster: ClusterOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Show all jobs, and why tasks wait or failed."""
    from kuberry.cli.render.job import show_all

    jobs = _jobs(cluster, host_key_policy, connect_timeout, ask_sudo_password)
    show_all(run(jobs.list()), output)
    return Exit.DONE


@app.command()
def wait(
    name: NameArgument,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="SECONDS", help="Exit code 6 after it.")
    ] = None,
    cluster: ClusterOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Wait for the end of a job; exit code 5 when all tasks failed, 8 when some did."""
    from kuberry.cli.render.job import show, tell

    jobs = _jobs(cluster, host_key_policy, connect_timeout, ask_sudo_password)
    status = run(jobs.wait(name, told=tell, timeout_s=timeout))
    show(status, output)
    failed = status.count("failed")
    if not failed:
        return Exit.DONE
    return Exit.STEP_FAILED if failed == len(status.tasks) else Exit.PARTLY_DONE


@app.command()
def logs(
    name: NameArgument,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Until all have ended.")] = False,
    cluster: ClusterOption = None,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> int:
    """Print what the tasks of a job write, each line with its pod."""
    from kuberry.api.job import Streams

    jobs = _jobs(cluster, host_key_policy, connect_timeout, ask_sudo_password)
    streams = Streams(
        stdin=None,
        out=lambda piece: write(sys.stdout.buffer, piece),
        err=lambda piece: write(sys.stderr.buffer, piece),
    )
    return run(jobs.logs(name, streams, follow=follow))


@app.command()
def results(
    name: NameArgument,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Default: a directory called NAME.")
    ] = None,
    cluster: ClusterOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """Fetch what tasks left in $KUBERRY_OUTPUT; exit code 8 when some of it cannot be had."""
    from kuberry.cli.render.job import show_results

    jobs = _jobs(cluster, host_key_policy, connect_timeout, ask_sudo_password)
    found = run(jobs.results(name, to or Path(name)))
    show_results(found, output)
    lost = sum(bool(one.problem) for one in found.tasks)
    if not lost:
        return Exit.DONE
    return Exit.STEP_FAILED if lost == len(found.tasks) else Exit.PARTLY_DONE


@app.command()
def cancel(
    name: NameArgument,
    cluster: ClusterOption = None,
    output: OutputOption = Output.TABLE,
    host_key_policy: HostKeysOption = HostKeys.ACCEPT_NEW,
    ask_sudo_password: AskSudoOption = False,
    connect_timeout: TimeoutOption = 10.0,
) -> Exit:
    """End a job and take it away, with all that it left on the nodes."""
    jobs = _jobs(cluster, host_key_policy, connect_timeout, ask_sudo_password)
    run(jobs.cancel(name))
    if output is Output.JSON:
        console.print_json({"kind": "job-cancelled", "job": name})
    else:
        console.print_lines((f"{name} is gone",))
    return Exit.DONE


def _jobs(
    cluster: str | None, host_keys: HostKeys, timeout_s: float, ask_sudo_password: bool
) -> Jobs:
    from kuberry.api.job import Jobs

    options = connect_options(host_keys, timeout_s, ask_sudo_password=ask_sudo_password)
    return Jobs(cluster=cluster, options=options, emit=console.print_event)
