// The scan page: the camera finds a code, the server answers, the screen is one colour, and the camera
// is back. Codes stay in memory; only how loud and "keep scanning" are kept on the phone.
import { fieldsOf, makeStage, noAnswer, sent } from "./answer.js";
import { makeCamera, readPhoto } from "./camera.js";
import { CODE, TYPED_CODE, codeIn, isWhole, normalised } from "./codes.js";
import { makeReader } from "./reader.js";
import { keep, loudness, nextLoudness, setting, signal } from "./signal.js";

const SHOWN = 1500; // ms that a green answer stays when scanning goes on
const SAME = 3000; // ms in which a cheque that still lies there is not scanned again
const HANDED = "opstap-code"; // where the family's page leaves the code for us
const KEEP_ON = "opstap-keep-on";
const QUESTIONS = ["same-day-question", "location-needed", "unavailable", "no-answer", "invalid"];

const byId = (id) => document.getElementById(id);
const words = byId("words")?.dataset;
const form = byId("scan");
const field = byId("code");
const says = byId("camera-says");
const keepOn = byId("keep-on");

const scanned = new Set();
const last = { code: "", at: 0 };
let refusals = 0;
let pending = null; // what was sent and not answered
let busy = false;
let back = 0;
let reading = null;
let camera = null;
let quiet = 0;
let handed = ""; // a code that the family's page left for us

function begin() {
  keepOn.checked = setting(KEEP_ON) !== "no";
  keepOn.addEventListener("change", () => keep(KEEP_ON, keepOn.checked ? "yes" : "no"));
  byId("sound").addEventListener("click", () => { nextLoudness(); tellLoudness(); signal("ok"); });
  byId("to-typing").addEventListener("click", () => type());
  byId("to-camera").addEventListener("click", watch);
  byId("photo").addEventListener("change", photographed);
  form.addEventListener("submit", typed);
  form.addEventListener("change", tellChoices);
  byId("undo").addEventListener("submit", undone);
  document.addEventListener("visibilitychange", () => (document.hidden ? letGo() : comeBack()));
  addEventListener("pagehide", letGo);
  addEventListener("pageshow", ({ persisted }) => persisted && comeBack());
  tellLoudness();
  tellChoices();
  handed = taken(HANDED);
  if (handed) type(handed);
  else if (field.value || field.getAttribute("aria-invalid")) type(field.value);
  else watch();
}

const stage = makeStage(byId("inhoud"), {
  next: () => leave(),
  retry: () => send(pending.action, pending.fields),
  send: (action, fields) => send(action, fields),
});

// --- the camera

async function watch() {
  form.dataset.mode = "camera";
  tell(words.starting);
  try {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "NotFoundError");
    reading ??= makeReader(words);
    camera ??= makeCamera(byId("video"), { read: await reading, found });
    await camera.start();
    tell(words.aim);
  } catch (error) {
    tell(error.name === "NotAllowedError" ? words.refusedCamera : words.noCamera);
  }
}

function found(text) {
  const code = codeIn(text);
  const now = Date.now();
  if (!code) return foreign();
  const same = code === last.code && now - last.at < SAME;
  Object.assign(last, { code, at: now });
  if (same || busy || stage.isShown()) return;
  performance.clearMarks();
  performance.mark("decoded");
  sendCode(code);
}

function foreign() {
  if (says.textContent !== words.foreign) signal("ask");
  tell(words.foreign);
  clearTimeout(quiet);
  quiet = setTimeout(() => tell(words.aim), 2500);
}

async function photographed({ target }) {
  const [file] = target.files;
  target.value = "";
  if (!file) return;
  tell(words.busy);
  reading ??= makeReader(words);
  const text = await readPhoto(file, await reading).catch(() => "");
  const code = codeIn(text);
  if (code) sendCode(code);
  else tell(text ? words.foreign : words.noCode);
}

function letGo() {
  camera?.stop();
}

function comeBack() {
  if (form.dataset.mode === "camera" && !stage.isShown()) watch();
}

// --- typing

function type(code = "") {
  form.dataset.mode = "typed";
  letGo();
  if (code) field.value = code;
  (code.length === CODE ? byId("redeem") : field).focus();
}

function typed(event) {
  event.preventDefault();
  const signs = codeIn(field.value) || normalised(field.value);
  const wrong = fault(signs);
  mark(wrong);
  if (!wrong) sendCode(signs);
}

function fault(signs) {
  if (signs.length === CODE) return "";
  if (signs.length !== TYPED_CODE) return words.length.replace("{n}", signs.length);
  return isWhole(signs) ? "" : words.wrong;
}

function mark(wrong) {
  byId("code-error")?.remove();
  field.closest(".field").classList.toggle("field-bad", Boolean(wrong));
  field.toggleAttribute("aria-invalid", Boolean(wrong));
  field.setAttribute("aria-describedby", wrong ? "code-hint code-error" : "code-hint");
  if (!wrong) return;
  const said = document.createElement("p");
  Object.assign(said, { id: "code-error", className: "error", textContent: wrong });
  said.setAttribute("role", "alert");
  field.before(said);
  field.focus();
}

// --- sending

function sendCode(code) {
  const again = pending?.fields.code === code;
  const fields = again ? pending.fields : { ...fieldsOf(form), code };
  send(form.getAttribute("action"), fields);
}

async function send(action, fields) {
  if (busy) return;
  busy = true;
  camera?.pause();
  tell(words.busy);
  const { piece, failed, signedOut } = await sent(action, fields);
  busy = false;
  if (signedOut) return signIn(fields.code);
  pending = piece ? null : { action, fields };
  const say = stage.show(piece ?? noAnswer(failed));
  performance.mark("answered");
  if (piece) form.elements.key.value = newKey();
  hear(say, fields);
}

function hear(say, { code = "" }) {
  const { outcome, scan, location } = say.dataset;
  if (code) Object.assign(last, { code, at: Date.now() });
  if (outcome === "redeemed") {
    scanned.add(scan);
    choose(location);
    if (handed) form.dataset.mode = "camera";
    field.value = handed = "";
    offerUndo(say, scan);
    signal("ok");
  } else if (outcome === "undone") {
    scanned.delete(byId("undo").dataset.scan);
    withdrawUndo();
    last.code = "";
    signal("ask");
  } else if (!code || QUESTIONS.includes(outcome)) signal("ask");
  else {
    refusals += 1;
    withdrawUndo();
    signal("no");
  }
  byId("count").textContent = words.count.replace("{ok}", scanned.size).replace("{no}", refusals);
  clearTimeout(back);
  const goesOn = outcome === "redeemed" && camera?.isOpen() && keepOn.checked;
  if (goesOn) back = setTimeout(leave, SHOWN);
  else letGo();
}

function leave() {
  clearTimeout(back);
  stage.hide();
  Object.assign(last, { at: Date.now() });
  if (form.dataset.mode === "camera") watch();
  else field.focus();
}

function signIn(code) {
  try {
    sessionStorage.setItem(HANDED, code ?? "");
  } catch {
    // Then the cheque is scanned again after signing in.
  }
  location.assign(words.signIn);
}

// --- what the page tells

function tell(text) {
  if (says.textContent !== text) says.textContent = text;
}

function tellLoudness() {
  byId("sound").querySelector("span").textContent = words[loudness()];
}

function tellChoices() {
  const day = byId("on-day");
  const date = form.elements.careDate.value;
  const words_ = { weekday: "long", day: "numeric", month: "long" };
  const shown = new Date(`${date}T12:00`).toLocaleDateString(document.documentElement.lang, words_);
  day.textContent = date && date !== form.elements.careDate.max ? shown : day.dataset.today;
  day.classList.toggle("other-day", day.textContent !== day.dataset.today);
  const place = form.querySelector("[name=locationId]:checked");
  if (place && byId("at-place")) byId("at-place").textContent = place.nextElementSibling.textContent;
}

function choose(location) {
  const place = form.querySelector(`[name=locationId][value="${location}"]`);
  if (!place) return;
  place.checked = true;
  tellChoices();
}

function offerUndo(say, scan) {
  const bar = byId("undo");
  const deed = say.parentNode.querySelector("form[data-undo]")?.cloneNode(true);
  bar.hidden = !deed;
  bar.dataset.scan = scan;
  bar.querySelector("p").textContent = say.querySelector("[data-short]").textContent;
  bar.querySelector("form")?.remove();
  if (deed) bar.append(deed);
}

function withdrawUndo() {
  byId("undo").hidden = true;
}

function undone(event) {
  event.preventDefault();
  send(event.target.getAttribute("action"), fieldsOf(event.target));
}

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");
}

function taken(name) {
  try {
    const value = sessionStorage.getItem(name);
    sessionStorage.removeItem(name);
    return value ?? "";
  } catch {
    return "";
  }
}

if (form) begin();
