"""Many short tasks: by one line of ours, and the same Jobs applied by kubectl in one file."""

from __future__ import annotations

import json
import shlex
import time

from kuberry.bench.deploying import HOSTS
from kuberry.bench.figures import Part, Sample
from kuberry.bench.place import Place
from kuberry.bench.stopwatch import measure
from kuberry.bench.unmeasured import output_of
from kuberry.errors import CommandFailed
from kuberry.model.bundle import PROBE_IMAGE
from kuberry.model.job import JobWish
from kuberry.queueing import manifests

COUNT = 500
ALONE = 21
_NAME, _CPUS, _MEMORY, _WORDS = "many", "100m", "16Mi", ("sleep", "1")
_OPTIONS = ("--cpus", _CPUS, "--memory", _MEMORY)
LINE = ("job", "submit", "--name", _NAME, "--array", f"1-{COUNT}", *_OPTIONS, "--", *_WORDS)
_DEADLINE_S = 2400.0
_KUBECTL = "sudo kubectl --kubeconfig /etc/kubernetes/admin.conf"
_CLEAN = f"{_KUBECTL} delete namespace {manifests.NAMESPACE} --ignore-not-found --timeout=600s"
_DONE = (
    f"{_KUBECTL} -n {manifests.NAMESPACE} get jobs -o "
    "jsonpath='{.items[*].status.succeeded}' | wc -w"
)
_BEGAN = "sudo find /var/lib/kuberry/jobs -name began -printf '%p %T@\\n'"


def ours(place: Place) -> Sample:
    """Measure our lines, from the submission until it is known that all tasks are done."""
    _clean(place)
    wait = ("job", "wait", _NAME)
    lines = [shlex.join(place.kuberry(*words)) for words in (LINE, wait)]
    done = measure(("sh", "-c", " && ".join(lines)), deadline_s=_DEADLINE_S)
    return _judged(place, done.sample)


def theirs(place: Place) -> Sample:
    """Measure kubectl on the control plane, from the file until it says that all are complete."""
    _clean(place)
    file = place.directory / "jobs.json"
    file.write_text(json.dumps(one_file()), "utf-8")
    words = (str(place.peers / "jobs.sh"), str(place.ssh_config), HOSTS[0], str(file))
    return _judged(place, measure(words, deadline_s=_DEADLINE_S).sample)


def one_file() -> manifests.Manifest:
    """Return all that the tasks need, as one list; nothing of ours owns it."""
    wish = JobWish(
        name=_NAME,
        command=_WORDS,
        image=PROBE_IMAGE,
        array=(1, COUNT),
        cpus=_CPUS,
        memory=_MEMORY,
    )
    made = manifests.jobs(wish, "", (1, 20))
    for one in made:
        del one["metadata"]["ownerReferences"]
    first = (manifests.namespace(), manifests.priority_class(wish.priority))
    return {"apiVersion": "v1", "kind": "List", "items": [*first, *made]}


def parts(place: Place) -> tuple[Part, ...]:
    """Measure how long single tasks take from the line that is typed until they run."""
    _clean(place)
    typed = {}
    for number in range(ALONE):
        typed[f"one{number}"] = time.time()
        begin = ("sh", "-c", "touch $KUBERRY_OUTPUT/began")
        place.run("job", "submit", "--name", f"one{number}", *_OPTIONS, "--", *begin)
        place.run("job", "wait", f"one{number}")
    began = dict(line for host in HOSTS for line in map(_moment, _lines(place, host)))
    found = tuple(round(began[name] - typed[name], 2) for name in typed if name in began)
    for name in typed:
        place.run("job", "cancel", name)
    return (Part(name="from the line of a single task until it runs", seconds=found),)


def _lines(place: Place, host: str) -> list[str]:
    return place.on(host, f"{_BEGAN} 2>/dev/null || true").splitlines()


def _moment(line: str) -> tuple[str, float]:
    path, _, moment = line.rpartition(" ")
    return path.split("/")[5], float(moment)


def _clean(place: Place) -> None:
    words = ("ssh", "-F", str(place.ssh_config), HOSTS[0], "--", _CLEAN)
    output_of(words, deadline_s=_DEADLINE_S)


def _judged(place: Place, sample: Sample) -> Sample:
    """Return *sample*, with a fault unless every task has succeeded."""
    if sample.fault:
        return sample
    try:
        count = int(place.on(HOSTS[0], _DONE))
    except (CommandFailed, ValueError) as error:
        return sample.model_copy(update={"fault": f"its end is not known: {error}"})
    fault = "" if count == COUNT else f"{count} of {COUNT} tasks succeeded"
    return sample.model_copy(update={"fault": fault})
