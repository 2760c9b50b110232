"""Deploy three fresh hosts: our program, and a hand-written parallel script over OpenSSH."""

from __future__ import annotations

import json

from kuberry.bench.figures import Sample
from kuberry.bench.judge import End
from kuberry.bench.payload import write_site
from kuberry.bench.place import Place
from kuberry.bench.stopwatch import Measured, measure
from kuberry.bundles.store import Store
from kuberry.errors import CommandFailed, PreflightFailed
from kuberry.model.report import PlanReport

HOSTS = ("red", "red01", "red02")
EXPRESSION = "red,red[01-02]"
LINE = ("deploy", "--hosts", EXPRESSION, "--verify", "never")
_DEADLINE_S = 1200.0


class NoCluster(CommandFailed):
    """Our program did not bring the cluster that all figures rest on."""

    @classmethod
    def because(cls, reason: str) -> NoCluster:
        """Return the error of a deployment that failed for *reason*."""
        line = f"kuberry {' '.join(LINE)}"
        error = cls(f"{line}: {reason}", command=line, exit_status=1, stderr="")
        error.remedy = "a program that fails is not measured: mend it, then measure anew"
        return error


def ours(place: Place) -> Sample:
    """Measure our program on fresh hosts; its cluster stays up.

    Raises:
        NoCluster: It failed, or what it left is not what it had to be.
    """
    end = fresh(place)
    sample = _judged(place, end, measure(place.kuberry(*LINE), deadline_s=_DEADLINE_S))
    if sample.fault:
        raise NoCluster.because(sample.fault)
    return sample


def theirs(place: Place) -> Sample:
    """Measure the script on fresh hosts; its cluster stays up."""
    end = fresh(place)
    words = (str(place.peers / "deploy.sh"), str(place.site))
    return _judged(place, end, measure(words, deadline_s=_DEADLINE_S))


def fresh(place: Place) -> End:
    """Return where to arrive, with three fresh hosts up and the site of the script written.

    Both contenders are given this same preparation, which also has the bundle's files read.

    Raises:
        PreflightFailed: The hosts are not fit for a cluster.
    """
    place.fresh_lab(HOSTS)
    text = place.run("deploy", "--hosts", EXPRESSION, "--dry-run", "--output", "json")
    answer = {key: value for key, value in json.loads(text).items() if key != "outcome"}
    report = PlanReport.model_validate(answer)
    if report.plan is None:
        raise PreflightFailed("the lab's hosts are not fit: kuberry deploy --dry-run says why")
    write_site(place.site, report.cluster, report.plan, Store(place.settings.bundles_dir).blob)
    (place.site / "ssh_config").symlink_to(place.ssh_config)
    return End(report.cluster, report.plan)


def _judged(place: Place, end: End, done: Measured) -> Sample:
    """Return the sample of *done* with what it said, and with the judge's fault if there is one."""
    notes = tuple(line.rstrip() for line in done.stderr.splitlines() if line.strip())
    fault = done.sample.fault or end.fault(place)
    return done.sample.model_copy(update={"notes": notes, "fault": fault})
