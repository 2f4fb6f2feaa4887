// A family opens a cheque with a phone's camera: the code stays behind `#` in the address, is asked
// about in the body of a request, and is kept nowhere. A provider's button hands it to the scan page.
const box = document.getElementById("cheque");
const form = box.innerHTML;
let shown = "";

const code = () => location.hash.slice(1);
const template = (id) => document.getElementById(id).content.cloneNode(true);

async function ask(signs) {
  const taal = new URLSearchParams(location.search).get("taal") ?? "";
  const answer = await fetch(box.dataset.look, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code: signs, taal }),
  });
  const html = await answer.text();
  if (!answer.ok && answer.status !== 404) throw new Error(String(answer.status));
  return html;
}

function put(html) {
  shown = html;
  box.innerHTML = html;
  const { lang, dir, dataset } = box.firstElementChild;
  Object.assign(document.documentElement, { lang, dir });
  document.title = dataset.title;
}

// `asked` by a deed on this page: whoever hears the page is brought to the answer.
async function look(asked) {
  const signs = code();
  if (!signs) return put(form);
  box.replaceChildren(template("looking"));
  try {
    const html = await ask(signs);
    if (signs === code()) put(html);
  } catch {
    box.replaceChildren(template("failed"));
  }
  if (asked) box.querySelector("h1").focus();
}

// A cheque may have been used since the page was put away: look again, quietly.
async function lookAgain() {
  const signs = code();
  if (document.visibilityState !== "visible" || !signs || !shown) return;
  const html = await ask(signs).catch(() => shown);
  if (signs === code() && html !== shown) put(html);
}

box.addEventListener("click", ({ target }) => {
  const link = target.closest("[data-keeps-code]");
  if (link) link.hash = location.hash;
  if (target.closest("[data-again]")) look(true);
  if (!target.closest("[data-redeem]")) return;
  try {
    sessionStorage.setItem("opstap-code", code());
  } catch {
    // A browser that keeps nothing: the code is typed on the scan page.
  }
});

box.addEventListener("submit", (event) => {
  const typed = event.target.closest("[data-ask]")?.elements.code.value.replace(/[\s-]/g, "");
  if (!typed) return;
  event.preventDefault();
  if (typed === code()) look(true);
  else location.hash = typed;
});

// What follows `#` is the code: a link within the page moves the focus and leaves the address alone.
document.addEventListener("click", (event) => {
  const inside = event.target.closest('a[href^="#"]');
  if (!inside) return;
  event.preventDefault();
  const goal = document.querySelector(inside.getAttribute("href"));
  goal.tabIndex = -1;
  goal.focus();
});

addEventListener("hashchange", look);
document.addEventListener("visibilitychange", lookAgain);
if (code()) look();
