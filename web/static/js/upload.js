// Sends a dataset in pieces, each under its SHA-256, with progress; without this script the form sends it whole.
const form = document.getElementById("upload");
const settings = JSON.parse(document.getElementById("upload-settings").textContent);
const text = settings.text;
const bar = document.getElementById("upload-bar");
const told = document.getElementById("upload-told");
const trouble = document.getElementById("upload-trouble");

// SHA-256 (FIPS 180-4) that takes a file bit by bit: the browser's own digest wants the whole file in memory.
class Sha256 {
  static K = Uint32Array.from({ length: 64 }, (_, index) => Sha256.root(index, 1 / 3));
  static prime(index) {
    for (let number = 2, found = -1; ; number += 1) {
      let whole = true;
      for (let part = 2; part * part <= number; part += 1) if (number % part === 0) { whole = false; break; }
      if (whole && (found += 1) === index) return number;
    }
  }
  static root(index, power) {
    const value = Sha256.prime(index) ** power;
    return Math.floor((value - Math.floor(value)) * 2 ** 32);
  }
  constructor() {
    this.state = Uint32Array.from({ length: 8 }, (_, index) => Sha256.root(index, 1 / 2));
    this.rest = new Uint8Array(64);
    this.held = 0;
    this.length = 0;
    this.w = new Uint32Array(64);
  }
  update(bytes) {
    this.length += bytes.length;
    let at = 0;
    if (this.held) {
      const taken = Math.min(64 - this.held, bytes.length);
      this.rest.set(bytes.subarray(0, taken), this.held);
      this.held += taken;
      at = taken;
      if (this.held === 64) { this.block(this.rest, 0); this.held = 0; }
    }
    for (; at + 64 <= bytes.length; at += 64) this.block(bytes, at);
    if (at < bytes.length) { this.rest.set(bytes.subarray(at)); this.held = bytes.length - at; }
    return this;
  }
  block(bytes, at) {
    const { w, state } = this;
    const turn = (x, n) => (x >>> n) | (x << (32 - n));
    for (let t = 0; t < 16; t += 1) w[t] = (bytes[at + 4 * t] << 24) | (bytes[at + 4 * t + 1] << 16) | (bytes[at + 4 * t + 2] << 8) | bytes[at + 4 * t + 3];
    for (let t = 16; t < 64; t += 1) {
      const a = w[t - 15], b = w[t - 2];
      w[t] = w[t - 16] + w[t - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 64; t += 1) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + Sha256.K[t] + w[t]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, index) => { state[index] += value; });
  }
  digest() {
    const bits = this.length * 8;
    const pad = new Uint8Array((this.held < 56 ? 64 : 128) - this.held);
    pad[0] = 0x80;
    const view = new DataView(pad.buffer);
    view.setUint32(pad.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(pad.length - 4, bits >>> 0);
    this.update(pad);
    const out = new Uint8Array(32);
    this.state.forEach((value, index) => new DataView(out.buffer).setUint32(4 * index, value));
    return out;
  }
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const token = () => form.elements.csrfmiddlewaretoken.value;
const piece = async (file, at) => new Uint8Array(await file.slice(at, at + settings.partSize).arrayBuffer());

async function ask(path, options) {
  const answer = await fetch(path, { ...options, headers: { "X-CSRFToken": token(), "Accept-Language": document.documentElement.lang, ...options.headers } });
  const said = await answer.json();
  if (!answer.ok) throw new Error([said.title, ...(said.errors || []).map((error) => `${error.pointer || ""} ${error.detail || ""}`), said.context ? JSON.stringify(said.context) : ""].join(" "));
  return said;
}

function show(words, share) {
  told.textContent = `${words} ${Math.round(share * 100)} %`;
  bar.value = share;
}

async function announced(file) {
  const whole = new Sha256();
  for (let at = 0; at < file.size; at += settings.partSize) {
    whole.update(await piece(file, at));
    show(text.hashing, Math.min((at + settings.partSize) / file.size, 1));
  }
  const fields = form.elements;
  const said = {
    kind: fields.kind.value, layer: fields.layer.value, scheme: fields.scheme.value, region: fields.region.value,
    year: Number(fields.year.value), source: fields.source.value, licence: fields.licence.value,
    synthetic: fields.synthetic.checked, id_column: fields.id_column.value, unit: settings.units[fields.layer.value] || "",
    filename: file.name, size: file.size, part_size: settings.partSize, sha256: hex(whole.digest()),
  };
  return ask(settings.announce, { method: "POST", body: JSON.stringify(said), headers: { "Content-Type": "application/json" } });
}

async function send(file) {
  const dataset = await announced(file);
  if (dataset.status === "uploading") {
    // A part that is there already changes nothing, so that an upload goes on where it broke off.
    for (let number = 1; number <= dataset.parts; number += 1) {
      const raw = await piece(file, (number - 1) * settings.partSize);
      const digest = base64(new Sha256().update(raw).digest());
      await ask(`${settings.announce}/${dataset.code}/parts/${number}`, { method: "PUT", body: raw, headers: { "Content-Type": "application/octet-stream", "Content-Digest": `sha-256=:${digest}:` } });
      show(text.sending, number / dataset.parts);
    }
    await ask(`${settings.announce}/${dataset.code}/complete`, { method: "POST" });
    show(text.checking, 1);
  }
  location.assign(settings.page.replace("CODE", dataset.code));
}

form.addEventListener("submit", async (event) => {
  const file = form.elements.file.files[0];
  if (!file || !form.elements.source.value || !form.elements.licence.value) return; // the server names what is missing
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  trouble.hidden = true;
  document.getElementById("upload-progress").hidden = false;
  try {
    await send(file);
  } catch (error) {
    trouble.textContent = `${text.failed} ${error.message}`;
    trouble.hidden = false;
    button.disabled = false;
  }
});
