// A run is begun here: first what it would do, then the run.

import { json } from "./ask.js";
import { el, problem, say, show } from "./parts.js";
import { planned } from "./plan.js";

const HOSTS = { name: "hosts", text: "Hosts", hint: "red,red[01-02]", list: "names" };
const CLUSTER = { name: "cluster", text: "Cluster", hint: "made of the hosts' names" };
const FORMS = {
  deploy: {
    title: "Deploy",
    about: "Make hosts a Kubernetes cluster, or heal the one they are.",
    fields: [
      { ...HOSTS, about: "Those that this server knows; nothing means those of the cluster." },
      CLUSTER,
      { name: "distribution", text: "Distribution", choices: ["", "kubeadm", "k3s"] },
      { name: "version", text: "Version", hint: "what there is" },
      { name: "control_plane", text: "Control plane", hint: "the first host" },
    ],
  },
  "node-add": { title: "Add hosts", about: "Take hosts into the cluster.", fields: [{ ...HOSTS, required: true }, CLUSTER] },
  "node-remove": { title: "Take hosts out", about: "Drain hosts, take them out of their cluster and bring them back to what they were.", fields: [{ ...HOSTS, required: true }, CLUSTER], isGrave: true },
  reset: { title: "Reset", about: "Bring hosts back to what they were before kuberry. All that runs in the cluster is lost.", fields: [{ ...HOSTS, hint: "all of the cluster" }, CLUSTER], isGrave: true },
  stop: { title: "Switch off", about: "Drain the hosts and switch them off, workers first. Power alone brings the cluster back.", fields: [CLUSTER], isGrave: true, isPlain: true },
  verify: { title: "Verify", about: "Have the running cluster prove itself: nothing is changed.", fields: [CLUSTER], isPlain: true },
};

export async function begin({ main, signal, words }) {
  const [command, query] = words;
  const form = FORMS[command];
  if (!form) throw new Error(`There is nothing called ${command} to begin.`);
  document.title = `${form.title} – kuberry`;
  const said = new URLSearchParams(query ?? "");
  const names = await json("/v1/hosts/names", { signal });
  const result = el("div", { id: "plan" });
  const inputs = form.fields.map((one) => input(one, said.get(one.name) ?? ""));
  const send = async (event) => {
    event.preventDefault();
    const key = crypto.randomUUID();
    const wish = { command, ...filled(inputs) };
    if (form.isPlain) return start(wish, result, event.submitter, key);
    await plan(wish, form, result, event.submitter, signal);
  };
  show(
    main,
    el("h1", {}, form.title),
    el("p", {}, form.about),
    el(
      "form",
      { class: "card", onsubmit: send },
      inputs.map(({ row }) => row),
      el("datalist", { id: "names" }, names.map((one) => el("option", { value: one }))),
      el("button", { class: form.isPlain && form.isGrave ? "danger" : "" }, form.isPlain ? form.title : "Show the plan"),
    ),
    result,
  );
}

function input({ name, text, hint, about, list, choices, required }, value) {
  const id = `field-${name}`;
  const field = choices
    ? el("select", { id, name }, choices.map((one) => el("option", { value: one, selected: one === value }, one || "what fits")))
    : el("input", { id, name, value, placeholder: hint, list, required, autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": about ? `${id}-about` : null });
  const more = about ? el("span", { class: "soft", id: `${id}-about` }, about) : null;
  return { field, row: el("p", { class: "field" }, el("label", { for: id }, text), field, more) };
}

function filled(inputs) {
  const known = inputs.map(({ field }) => [field.name, field.value.trim()]);
  return Object.fromEntries(known.filter(([, value]) => value));
}

async function plan(wish, form, place, button, signal) {
  button.disabled = true;
  show(place, el("p", { role: "status" }, "Looking at the hosts …"));
  try {
    const found = await json("/v1/plans", { method: "POST", body: wish, signal });
    const go = el("button", { type: "button", class: form.isGrave ? "danger" : "" }, `${form.title} now`);
    const key = crypto.randomUUID();
    go.addEventListener("click", () => start(wish, place, go, key));
    show(place, planned(found), found.plan ? el("p", {}, go) : null);
    say("The plan is there");
  } catch (error) {
    if (!signal.aborted) show(place, problem(error));
  }
  button.disabled = false;
}

// With a key, so that what is sent twice is begun once.
async function start(wish, place, button, key) {
  button.disabled = true;
  try {
    const record = await json("/v1/runs", { method: "POST", body: wish, headers: { "Idempotency-Key": key } });
    location.hash = `#/runs/${record.id}`;
  } catch (error) {
    show(place, problem(error));
    button.disabled = false;
  }
}
