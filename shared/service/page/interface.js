// The interface, from its own description: addresses, what they take, what they answer.

const holder = document.getElementById("addresses");
const here = new URL("./", document.baseURI).href;
document.getElementById("example").textContent =
  `curl --data-binary @line.png -H "Content-Type: image/png" ${here}v1/line`;

function made(name, text = "", parent = null) {
  const one = document.createElement(name);
  one.textContent = text;
  parent?.append(one);
  return one;
}

function members(description, reference) {
  const name = reference?.split("/").pop();
  const schema = description.components.schemas[name];
  return schema ? `${name}: ${Object.keys(schema.properties).join(", ")}` : "a JSON object";
}

try {
  const description = await (await fetch("openapi.json")).json();
  holder.replaceChildren();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, one] of Object.entries(methods)) {
      const title = made("h3", "", holder);
      made("code", `${method.toUpperCase()} ${path}`, title);
      made("p", one.description, holder);
      const wide = made("div", "", holder);
      wide.className = "wide";
      const body = made("table", "", wide).createTBody();
      const taken = one.requestBody?.content;
      if (taken) {
        const row = body.insertRow();
        made("th", "takes", row);
        const schema = taken["application/json"]?.schema?.$ref;
        row.insertCell().textContent = schema ? members(description, schema) : Object.keys(taken).join(", ");
      }
      for (const [status, answer] of Object.entries(one.responses)) {
        const row = body.insertRow();
        made("th", status, row);
        const schema = answer.content?.["application/json"]?.schema?.$ref;
        row.insertCell().textContent = schema ? members(description, schema) : answer.description;
      }
    }
  }
} catch {
  holder.textContent = "The description cannot be read; is the service still running?";
}
