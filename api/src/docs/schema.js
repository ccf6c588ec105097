// Says what a schema asks for: in words for a person, and as an example to start from.

const DEPTH_MAX = 6;

// What a reference inside the document leads to.
export function resolve(document, node) {
  let found = node;
  for (let hops = 0; found?.$ref && hops < DEPTH_MAX; hops += 1) {
    const steps = found.$ref.replace(/^#\//, "").split("/");
    const plain = steps.map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
    found = plain.reduce((inner, step) => inner?.[step], document);
  }
  return found ?? {};
}

// The first of several possibilities that is not null.
function chosen(document, schema) {
  const found = resolve(document, schema);
  const ways = found.oneOf ?? found.anyOf;
  const way = ways?.map((one) => resolve(document, one)).find((one) => one.type !== "null");
  return way ?? found;
}

function typeOf(schema) {
  const types = [schema.type].flat().filter((type) => type && type !== "null");
  return types[0] ?? (schema.properties ? "object" : "any");
}

function whole(document, schema) {
  if (!schema.allOf) {
    return schema;
  }
  const parts = schema.allOf.map((part) => whole(document, resolve(document, part)));
  const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {}));
  const required = parts.flatMap((part) => part.required ?? []);
  return { ...schema, type: "object", properties, required };
}

// One line a field: its name, its type, whether it must be there, what it is.
export function describe(document, schema, depth = 0) {
  const found = whole(document, chosen(document, schema));
  const indent = "  ".repeat(depth);
  if (depth > DEPTH_MAX) {
    return `${indent}…`;
  }
  const type = typeOf(found);
  if (type === "array") {
    return `${indent}a list of\n${describe(document, found.items ?? {}, depth + 1)}`;
  }
  if (type !== "object") {
    return indent + named(found);
  }
  const lines = Object.entries(found.properties ?? {}).map(([name, inner]) => {
    const property = whole(document, chosen(document, inner));
    const must = found.required?.includes(name) ? "" : "?";
    const about = inner.description ?? property.description;
    const comment = about ? `  // ${about.split("\n")[0]}` : "";
    const line = `${indent}${name}${must}: ${named(property)}${comment}`;
    const nested = typeOf(property) === "object" ? property : property.items;
    const holds = nested && typeOf(whole(document, chosen(document, nested))) === "object";
    return holds ? `${line}\n${describe(document, nested, depth + 1)}` : line;
  });
  return lines.join("\n") || `${indent}an object`;
}

function named(schema) {
  if (schema.enum) {
    return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  }
  const bounds = [];
  for (const [word, key] of [["from", "minimum"], ["to", "maximum"], ["like", "pattern"]]) {
    if (schema[key] !== undefined) {
      bounds.push(`${word} ${schema[key]}`);
    }
  }
  const format = schema.format ? ` (${schema.format})` : "";
  return [typeOf(schema) + format, ...bounds].join(" ");
}

// Something that fits, for a person to change.
export function example(document, schema, depth = 0) {
  const found = whole(document, chosen(document, schema));
  const given = found.example ?? found.examples?.[0] ?? found.default ?? found.enum?.[0];
  if (given !== undefined || depth > DEPTH_MAX) {
    return given ?? null;
  }
  switch (typeOf(found)) {
    case "object":
      return Object.fromEntries(
        Object.entries(found.properties ?? {}).map(([name, inner]) => [
          name,
          example(document, inner, depth + 1),
        ]),
      );
    case "array":
      return [example(document, found.items ?? {}, depth + 1)];
    case "integer":
    case "number":
      return found.minimum ?? 0;
    case "boolean":
      return false;
    case "string":
      return "";
    default:
      return null;
  }
}
