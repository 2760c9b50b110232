// Clusters at a glance: their hosts now, what was found, and what can be done with them.

import { follow, json } from "./ask.js";
import { amount, badge, bytes, el, finding, problem, row, show, table } from "./parts.js";

export async function clusters({ main, signal, caller }) {
  const place = el("div", { class: "cards" });
  const load = async () => {
    const [known, found] = await Promise.all([json("/v1/clusters", { signal }), json("/v1/findings", { signal })]);
    const cards = known.clusters.map((one) => card(one, found.clusters.find((of) => of.cluster === one.name), caller, signal));
    show(place, cards.length ? cards : welcome());
  };
  await load();
  show(main, el("h1", {}, "Clusters"), place);
  const told = ({ event }) => {
    if (event.kind === "run-ended") load().catch(() => {}); // the next end asks again
  };
  follow("", told, signal).catch((error) => signal.aborted || main.append(problem(error)));
}

function welcome() {
  return el("p", {}, "No cluster yet. ", el("a", { href: "#/begin/deploy" }, "Deploy one"), ".");
}

function card(one, found, caller, signal) {
  const hosts = el("div", {}, el("p", {}, "looking …"));
  const servers = [one.control_plane, ...one.more_servers];
  look(one, hosts, signal);
  return el(
    "article",
    { class: "card" },
    el("h2", {}, one.name),
    el("p", { class: "soft" }, `${one.distribution} ${one.version}, ${amount(one.hosts.length, "host")}, ${servers.length > 1 ? "servers" : "server"}: ${servers.join(", ")}`),
    hosts,
    findings(found),
    last(one, signal),
    caller.token.scope === "read" ? null : doings(one),
  );
}

async function look(one, place, signal) {
  try {
    const seen = await json(`/v1/clusters/${one.name}/hosts`, { signal });
    const heads = ["Host", "Role", "State", "System", "Temperature", "Memory free", "Disk free"];
    show(place, table(`Hosts of ${one.name}`, heads, seen.hosts.map(line)), seen.hosts.filter((host) => host.problem).map(trouble));
  } catch (error) {
    if (!signal.aborted) show(place, problem(error));
  }
}

function line(seen) {
  const facts = seen.facts;
  const root = (facts?.disks ?? []).find((disk) => disk.mount_point === "/");
  const warm = facts?.health?.temperature_c;
  return row(
    seen.host,
    seen.role ?? "—",
    badge(seen.state),
    facts?.os?.pretty_name ?? "—",
    warm === null || warm === undefined ? "—" : `${warm.toFixed(0)} °C`,
    bytes(facts?.memory?.available_bytes),
    bytes(root?.free_bytes),
  );
}

function trouble(seen) {
  const { code, message, remedy } = seen.problem;
  return problem({ problem: { code, host: seen.host, detail: message, remedy } });
}

function findings(found) {
  if (!found) return el("p", { class: "soft" }, "Not checked yet.");
  const all = [...found.probes, ...found.findings];
  if (!all.length) return el("p", {}, badge("ok"), " nothing found by the last run");
  return el("details", { open: found.probes.length > 0 }, el("summary", {}, amount(all.length, "finding")), el("ul", { class: "findings" }, all.map(finding)));
}

function last(one, signal) {
  const place = el("p", { class: "soft" });
  json(`/v1/runs?limit=1&cluster=${encodeURIComponent(one.name)}`, { signal })
    .then(({ runs: [run] }) => {
      if (!run) return;
      const word = run.state === "running" ? "running" : run.outcome || run.state;
      show(place, "Last run: ", el("a", { href: `#/runs/${run.id}` }, `${run.command}, ${new Date(run.started).toLocaleString()}`), " ", badge(word));
    })
    .catch(() => {}); // the list of runs has it, too
  return place;
}

function doings(one) {
  const words = [
    ["verify", "Verify"],
    ["deploy", "Deploy again"],
    ["node-add", "Add hosts"],
    ["node-remove", "Take hosts out"],
    ["stop", "Switch off"],
    ["reset", "Reset"],
  ];
  const link = ([command, text]) => el("a", { class: "button", href: `#/begin/${command}?cluster=${encodeURIComponent(one.name)}` }, text, el("span", { class: "hidden" }, ` (${one.name})`));
  return el("p", { class: "buttons" }, words.map(link));
}
