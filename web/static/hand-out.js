// The hand-out page: a booklet from stock is known at once, by its number or by any of its cheques.
// Nothing is kept in the browser; a cheque's code is asked about, and only the number stays.
import { sent } from "./answer.js";
import { makeCamera } from "./camera.js";
import { CODE, TYPED_CODE, codeIn, isWhole, normalised } from "./codes.js";
import { makeReader } from "./reader.js";

const NUMBER = 8;
const byId = (id) => document.getElementById(id);
const form = byId("hand-out");
const ways = form.querySelector("[data-way]");
const field = byId("booklet");
const told = byId("found");
const words = byId("words").dataset;
const box = byId("camera");
const says = byId("camera-says");
const opener = byId("scan-one");

let asked = 0;
let camera = null;
let reading = null;
let quiet = 0;

const meant = () => codeIn(field.value) || normalised(field.value.slice(field.value.indexOf("#") + 1));
const fromStock = () => form.elements.way.value === "stock";

function fault(signs) {
  if (!signs) return words.which;
  if (signs.length === CODE) return "";
  if (![NUMBER, TYPED_CODE].includes(signs.length)) return words.length.replace("{n}", signs.length);
  return isWhole(signs) ? "" : words.wrong;
}

// Says what is wrong with the field, or takes that away.
function mark(wrong) {
  byId("booklet-error")?.remove();
  field.closest(".field").classList.toggle("field-bad", Boolean(wrong));
  field.toggleAttribute("aria-invalid", Boolean(wrong));
  field.setAttribute("aria-describedby", wrong ? "booklet-hint booklet-error" : "booklet-hint");
  if (!wrong) return;
  const said = document.createElement("p");
  Object.assign(said, { id: "booklet-error", className: "error", textContent: wrong });
  field.closest(".row").before(said);
}

async function look(signs) {
  const turn = ++asked;
  told.textContent = words.busy;
  const body = { csrf_token: form.elements.csrf_token.value, booklet: signs };
  const { piece } = await sent(words.look, body);
  if (turn !== asked) return false;
  told.replaceChildren();
  if (!piece) return false; // no answer: sending the form will say why
  const found = piece.querySelector("[data-outcome]");
  if (!found.dataset.number) {
    if (signs.length !== NUMBER) field.value = "";
    mark(found.textContent.trim());
    return false;
  }
  field.value = found.dataset.number;
  mark("");
  told.append(piece);
  return true;
}

async function check() {
  told.replaceChildren();
  asked += 1;
  if (!field.value.trim()) return mark("");
  const signs = meant();
  const wrong = fault(signs);
  mark(wrong);
  if (!wrong) await look(signs);
}

// A reader on a cable types a cheque's whole address, and Enter: that is no finished form yet.
async function entered(event) {
  const read = event.key === "Enter" && field.value.includes("#");
  if (!read) return;
  event.preventDefault();
  await check();
  if (!field.hasAttribute("aria-invalid")) goOn();
}

function submitted(event) {
  const wrong = fromStock() ? fault(meant()) : "";
  if (!wrong) return;
  event.preventDefault();
  mark(wrong);
  field.focus();
}

function chosen({ target }) {
  tellSince();
  if (target.name !== "way") return;
  ways.dataset.way = target.value;
  if (fromStock()) field.focus();
  else shut();
}

// Since when is asked only of a family that has the booklet already.
function tellSince() {
  const since = byId("since");
  if (since) since.hidden = !form.elements.retroactive.checked;
}

function goOn() {
  byId("family.reference").focus();
}

// --- the camera

async function open() {
  box.hidden = false;
  opener.setAttribute("aria-expanded", "true");
  says.textContent = words.starting;
  try {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "NotFoundError");
    reading ??= makeReader(words);
    camera ??= makeCamera(byId("video"), { read: await reading, found: seen });
    if (box.hidden) return;
    await camera.start();
    says.textContent = words.aim;
  } catch (error) {
    says.textContent = error.name === "NotAllowedError" ? words.refusedCamera : words.noCamera;
  }
}

function shut() {
  camera?.stop();
  box.hidden = true;
  opener.setAttribute("aria-expanded", "false");
}

async function seen(text) {
  const code = codeIn(text);
  if (!code) return foreign();
  shut();
  if (await look(code)) goOn();
  else field.focus();
}

function foreign() {
  says.textContent = words.foreign;
  clearTimeout(quiet);
  quiet = setTimeout(() => (says.textContent = words.aim), 2500);
}

field.addEventListener("change", check);
field.addEventListener("keydown", entered);
form.addEventListener("change", chosen);
form.addEventListener("submit", submitted);
opener.addEventListener("click", () => (box.hidden ? open() : shut()));
box.parentNode.addEventListener("keydown", ({ key }) => key === "Escape" && shut());
document.addEventListener("visibilitychange", () => document.hidden && shut());
addEventListener("pagehide", shut);
// A browser that goes back fills the form anew: what is chosen there is what counts.
addEventListener("pageshow", () => {
  ways.dataset.way = form.elements.way.value;
  tellSince();
});
