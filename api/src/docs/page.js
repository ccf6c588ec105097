// Lists what can be asked of this API, and asks it.

import { describe, example, resolve } from "/docs/schema.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

const byId = (id) => document.getElementById(id);

// An element with its attributes and what it holds; text is never read as markup.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function jsonOf(content) {
  const kind = Object.keys(content ?? {}).find((name) => name.includes("json"));
  return kind ? content[kind].schema : undefined;
}

function parametersOf(api, item, operation) {
  const listed = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
  return listed.map((parameter) => resolve(api, parameter));
}

function field(parameter) {
  const id = crypto.randomUUID?.() ?? String(Math.random());
  const input = element("input", { id, spellcheck: "false", autocomplete: "off" });
  const must = parameter.required ? ", required" : "";
  const about = parameter.description ? `: ${parameter.description}` : "";
  const note = element("span", { class: "quiet" }, ` in ${parameter.in}${must}${about}`);
  const label = element("label", { for: id }, element("code", {}, parameter.name), note);
  return { parameter, input, row: element("div", {}, label, input) };
}

function urlOf(path, fields) {
  let target = path;
  const query = new URLSearchParams();
  for (const { parameter, input } of fields) {
    if (parameter.in === "path") {
      target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    } else if (parameter.in === "query" && input.value !== "") {
      query.append(parameter.name, input.value);
    }
  }
  return query.size ? `${target}?${query}` : target;
}

function headersOf(fields, body) {
  const headers = new Headers();
  const token = byId("token").value;
  if (token) {
    headers.set("Authorization", `Bearer ${token}`);
  }
  if (body) {
    headers.set("Content-Type", "application/json");
  }
  for (const { parameter, input } of fields) {
    if (parameter.in === "header" && input.value !== "") {
      headers.set(parameter.name, input.value);
    }
  }
  return headers;
}

async function send(method, path, fields, body) {
  const begun = performance.now();
  try {
    const response = await fetch(urlOf(path, fields), {
      method: method.toUpperCase(),
      headers: headersOf(fields, body),
      body: body ? body.value : undefined,
    });
    const text = await response.text();
    const took = Math.round(performance.now() - begun);
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
    const opening = `${response.status} ${response.statusText} (${took} ms)`;
    return [opening, ...headers, "", pretty(text)].join("\n");
  } catch (error) {
    return `The request could not be sent: ${error.message}`;
  }
}

function form(api, method, path, item, operation) {
  const fields = parametersOf(api, item, operation).map(field);
  const schema = jsonOf(resolve(api, operation.requestBody ?? {}).content);
  const rows = fields.map(({ row }) => row);
  let body;
  if (schema) {
    body = element("textarea", { spellcheck: "false", "aria-label": "Body" });
    body.value = JSON.stringify(example(api, schema), null, 2);
    rows.push(element("pre", {}, describe(api, schema)), body);
  }
  const answer = element("pre", { "aria-live": "polite", hidden: "" });
  const button = element("button", { type: "button" }, "Send");
  button.addEventListener("click", async () => {
    button.disabled = true;
    answer.hidden = false;
    answer.textContent = "Waiting…";
    answer.textContent = await send(method, path, fields, body);
    button.disabled = false;
  });
  return element("div", {}, ...rows, button, answer);
}

function responses(api, operation) {
  const list = element("dl");
  for (const [status, listed] of Object.entries(operation.responses ?? {})) {
    const response = resolve(api, listed);
    const said = status === "default" ? "otherwise" : status;
    list.append(element("dt", {}, said), element("dd", {}, response.description ?? ""));
    const schema = jsonOf(response.content);
    if (schema) {
      list.append(element("dd", {}, element("pre", {}, describe(api, schema))));
    }
  }
  return list;
}

function show(api, method, path, item, operation) {
  const summary = element(
    "summary",
    {},
    element("span", { class: "method" }, method),
    element("code", {}, path),
    element("span", { class: "summary" }, operation.summary ?? ""),
  );
  const shown = element("details", { class: "operation" }, summary);
  // Made when it is opened: there may be hundreds.
  shown.addEventListener(
    "toggle",
    () => {
      const about = element("p", {}, operation.description ?? "");
      const asking = form(api, method, path, item, operation);
      shown.append(element("div", {}, about, asking, responses(api, operation)));
    },
    { once: true },
  );
  shown.dataset.words = `${method} ${path} ${operation.summary ?? ""}`.toLowerCase();
  return shown;
}

function byTag(api) {
  const groups = new Map((api.tags ?? []).map((tag) => [tag.name, { tag, shown: [] }]));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const operation = item[method];
      const name = operation.tags?.[0] ?? "other";
      const group = groups.get(name) ?? { tag: { name }, shown: [] };
      group.shown.push(show(api, method, path, item, operation));
      groups.set(name, group);
    }
  }
  return [...groups.values()].filter(({ shown }) => shown.length);
}

function narrow() {
  const wanted = byId("wanted").value.trim().toLowerCase();
  for (const section of document.querySelectorAll("section")) {
    const operations = [...section.querySelectorAll("details.operation")];
    for (const shown of operations) {
      shown.hidden = !shown.dataset.words.includes(wanted);
    }
    section.hidden = operations.every((shown) => shown.hidden);
  }
}

async function start() {
  const response = await fetch("/openapi.json");
  const api = await response.json();
  document.title = `${api.info.title} API`;
  byId("title").textContent = `${api.info.title} API ${api.info.version}`;
  byId("about").textContent = api.info.description ?? "";
  const sections = byTag(api).map(({ tag, shown }) =>
    element(
      "section",
      {},
      element("h2", {}, tag.name),
      element("p", { class: "quiet" }, tag.description ?? ""),
      ...shown,
    ),
  );
  byId("operations").replaceChildren(...sections);
  byId("wanted").addEventListener("input", narrow);
  // For whoever wants all of it on paper, or to see that all of it can be shown.
  if (location.hash === "#all") {
    document.querySelectorAll("details.operation").forEach((shown) => (shown.open = true));
  }
}

start().catch((error) => {
  byId("operations").textContent = `The document could not be read: ${error.message}`;
});
