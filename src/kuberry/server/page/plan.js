// What a run would do, host by host.

import { amount, bytes, el, finding, problem } from "./parts.js";

export function planned(found) {
  const lost = [...(found.unreachable ?? []), ...(found.failures ?? [])];
  const all = [found.prepare, found.plan].filter(Boolean);
  const isIdle = found.plan && all.every((plan) => plan.hosts.every((one) => !one.steps.length));
  return el(
    "section",
    { "aria-label": "Plan", class: "card" },
    el("h2", {}, `Plan for ${found.cluster.name}`),
    lost.map((one) => problem({ problem: { code: one.code, host: one.host, detail: one.message, remedy: one.remedy } })),
    found.findings?.length ? el("ul", { class: "findings" }, found.findings.map(finding)) : null,
    found.leaving ? found.leaving.map(leaving) : null,
    isIdle ? el("p", {}, "Nothing is to do.") : all.map((plan) => plan.hosts.map(steps)),
    files(found.files ?? []),
  );
}

function steps(one) {
  if (!one.steps.length) return null;
  const size = one.steps.reduce((sum, step) => sum + sizeOf(step), 0);
  const reboots = one.steps.filter((step) => step.kind === "reboot").length;
  const words = [amount(one.steps.length, "step"), size ? bytes(size) : "", reboots ? amount(reboots, "reboot") : ""];
  return el(
    "details",
    {},
    el("summary", {}, `${one.host}: ${words.filter(Boolean).join(", ")}`),
    el("ol", {}, one.steps.map((step) => el("li", {}, step.title))),
  );
}

function sizeOf(step) {
  const artifacts = step.packages ?? [step.artifact ?? step.archive];
  return artifacts.reduce((sum, one) => sum + (one?.size_bytes ?? 0), 0);
}

function leaving(one) {
  if (one.is_clean) return el("p", {}, `${one.host}: nothing of ours is there.`);
  const words = [amount(one.files.length, "file"), amount(one.packages.length, "package"), amount(one.units.length, "unit"), amount(one.images, "image")];
  return el("p", {}, el("strong", {}, `${one.host}: `), `${words.join(", ")} would go, or be put back as they were.`);
}

function files(changes) {
  if (!changes.length) return null;
  const one = (change) => [
    el("h3", {}, `${change.host}: ${change.path}`),
    change.before === null ? el("p", { class: "soft" }, "new") : el("pre", { class: "before", tabindex: "0", "aria-label": "before" }, change.before),
    el("pre", { class: "after", tabindex: "0", "aria-label": "after" }, change.after),
  ];
  return el("details", {}, el("summary", {}, amount(changes.length, "file")), changes.map(one));
}
