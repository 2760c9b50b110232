// One run: as it goes on, and how it ended.

import { ask, download, follow, json } from "./ask.js";
import { badge, bytes, el, finding, problem, row, say, seconds, show, table } from "./parts.js";
import { fraction, isAtWork, left, nothing, summary, take } from "./progress.js";
import { waterfall } from "./waterfall.js";

const REDRAW_MS = 250;

export async function run({ main, signal, caller, words }) {
  const { run: record } = await json(`/v1/runs/${words[0]}`, { signal });
  const durations = await json("/v1/runs/durations", { signal });
  const state = nothing();
  const parts = places();
  const trouble = el("div");
  show(main, head(record, caller, trouble), trouble, Object.values(parts));
  let drawn = 0;
  const draw = () => {
    drawn = 0;
    if (!signal.aborted) picture(parts, state, record, durations);
  };
  const told = (one) => {
    take(state, one);
    drawn ||= setTimeout(draw, REDRAW_MS);
  };
  draw();
  follow(record.id, told, signal)
    .then(() => signal.aborted || ending(parts, state, durations, record.id, signal))
    .catch((error) => signal.aborted || show(trouble, problem(error)));
}

function places() {
  return {
    summary: el("section", { "aria-label": "Summary" }),
    hosts: el("section", { "aria-label": "Hosts" }),
    waterfall: el("section", { "aria-label": "Waterfall" }),
    findings: el("section", { "aria-label": "Findings" }),
    steps: el("section", { "aria-label": "Steps" }),
  };
}

function head(record, caller, trouble) {
  const buttons = el("p", { class: "buttons" });
  const fetch = (what, name) => () => download(`/v1/runs/${record.id}/${what}`, name).catch((error) => show(trouble, problem(error)));
  buttons.append(
    el("button", { type: "button", onclick: fetch("report", `kuberry-${record.id}.html`) }, "Report"),
    el("button", { type: "button", onclick: fetch("document", `kuberry-${record.id}.json`) }, "JSON"),
  );
  if (record.state === "running" && caller.token.scope !== "read") {
    const cancel = () => ask(`/v1/runs/${record.id}/cancel`, { method: "POST" }).catch((error) => show(trouble, problem(error)));
    buttons.append(el("button", { type: "button", class: "danger", id: "cancel", onclick: cancel }, "Cancel"));
  }
  return el("div", {}, el("h1", {}, `${record.command} ${record.cluster}`), el("p", { class: "soft" }, `${record.id}, kuberry ${record.version}`), buttons);
}

function picture(parts, state, record, durations) {
  const hosts = [...state.hosts.values()];
  const word = state.ended ? state.ended.outcome : record.state === "running" ? "running" : record.outcome || record.state;
  const now = state.elapsed;
  const error = state.ended?.message ? problem({ problem: { code: state.ended.code, detail: state.ended.message } }) : null;
  show(parts.summary, el("p", {}, badge(word), ` ${summary(state)}, ${seconds(now)}`), error);
  const heads = ["Host", "Done", "Now", "Bytes", "Temperature", "Left"];
  const working = isAtWork(state) ? hosts : []; // verify and dry runs have no steps
  show(parts.hosts, working.length ? table("Hosts", heads, working.map((one) => line(one, durations, now))) : null, failures(hosts));
  waterfall(parts.waterfall, hosts, now);
  notices(parts.findings, state.findings, state.notices);
}

function line(one, durations, now) {
  const rest = left(one, durations, now);
  const share = Math.round(fraction(one) * 100);
  const bar = el("progress", { max: 100, value: share, "aria-label": `${one.name}: ${share} %` });
  const sent = one.wanted ? `${bytes(Math.min(one.bytes, one.wanted))} of ${bytes(one.wanted)}` : "—";
  const warm = one.temperature === null ? "—" : `${one.temperature.toFixed(0)} °C${one.hot ? ", hot" : ""}`;
  const heat = [warm, ...one.complaints].join(", ");
  const doing = one.ending ? badge(one.ending) : one.title || "waits";
  return row(one.name, [bar, ` ${share} %`], doing, sent, heat, rest === null ? "" : `≈ ${seconds(rest)}`);
}

function failures(hosts) {
  return hosts
    .filter((one) => one.failure)
    .map(({ failure }) => problem({ problem: { code: failure.code, host: failure.host, detail: `${failure.title}: ${failure.message}`, remedy: failure.remedy } }));
}

function notices(place, findings, texts, probes = []) {
  const failed = probes.filter((one) => one.outcome === "fail");
  const all = [...findings, ...failed];
  show(
    place,
    all.length ? [el("h2", {}, "Findings"), el("ul", { class: "findings" }, all.map(finding))] : null,
    texts.length ? [el("h2", {}, "Notices"), el("ul", {}, texts.map((one) => el("li", {}, one)))] : null,
  );
}

// What only the end can tell: the critical path, the probes, the steps as a table.
async function ending(parts, state, durations, id, signal) {
  const story = await json(`/v1/runs/${id}/document`, { signal });
  picture(parts, state, story.run, durations);
  document.getElementById("cancel")?.remove();
  const steps = story.hosts.flatMap((one) => one.steps);
  const critical = new Set(steps.filter((one) => one.critical).map((one) => `${one.host} ${one.id}`));
  waterfall(parts.waterfall, [...state.hosts.values()], story.duration_s, critical);
  notices(parts.findings, story.findings, story.notices, story.probes);
  const rows = steps.map((one) => row(one.title, one.host, seconds(one.started_s), seconds(one.ended_s - one.started_s), one.state));
  const proofs = count(story.probes);
  show(
    parts.steps,
    proofs ? el("p", {}, proofs) : null,
    rows.length ? el("details", {}, el("summary", {}, `All ${rows.length} steps`), table("Steps", ["Step", "Host", "Began after", "Took", "State"], rows)) : null,
  );
  say(`The run has ended: ${story.run.outcome || story.run.state}`);
}

function count(probes) {
  if (!probes.length) return "";
  const of = (outcome) => probes.filter((one) => one.outcome === outcome).length;
  return `Probes: ${of("ok")} ok, ${of("fail")} failed, ${of("skipped")} skipped, ${of("absent")} absent.`;
}
