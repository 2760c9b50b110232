// All runs, newest first: those of every command line, too.

import { follow, json } from "./ask.js";
import { badge, el, problem, row, show, table } from "./parts.js";

export async function runs({ main, signal }) {
  const place = el("div");
  const older = el("button", { type: "button", hidden: true }, "Older runs");
  let shown = [];
  let next = null;
  const draw = () => {
    show(place, shown.length ? table("Runs", ["Run", "What", "Cluster", "Hosts", "Outcome"], shown.map(line)) : el("p", {}, "Nothing was run yet."));
    older.hidden = next === null;
  };
  const load = async (before) => {
    const page = await json(`/v1/runs?limit=20${before ? `&before=${before}` : ""}`, { signal });
    shown = before ? [...shown, ...page.runs] : page.runs;
    next = page.next;
    draw();
  };
  older.addEventListener("click", () => load(next).catch((error) => show(place, problem(error))));
  await load(null);
  show(main, el("h1", {}, "Runs"), place, older);
  const told = ({ event }) => {
    const isNews = event.kind === "run-started" || event.kind === "run-ended";
    if (isNews) load(null).catch(() => {}); // the next news asks again
  };
  follow("", told, signal).catch((error) => signal.aborted || main.append(problem(error)));
}

function line(one) {
  const started = new Date(one.started).toLocaleString();
  const link = el("a", { href: `#/runs/${one.id}` }, started);
  const word = one.state === "running" ? "running" : one.outcome || one.state;
  return row(link, one.command, one.cluster, String(one.hosts.length), badge(word));
}
