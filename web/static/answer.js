// A scan is sent, once, and the server's answer fills the screen. Nothing answered is tried again with
// the same key, so that a cheque never counts twice.
const PATIENCE = 15000; // ms
const NOT_SIGNED_IN = [400, 401]; // the form's own token died, or the session did

// Sends a form's fields. Gives the answer's piece of page, or { failed } or { signedOut }.
export async function sent(action, body) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const response = await fetch(action, {
      method: "POST",
      body: new URLSearchParams(body),
      headers: { "HX-Request": "true" },
      signal: stop.signal,
    });
    if (NOT_SIGNED_IN.includes(response.status)) return { signedOut: true };
    const piece = piecesOf(await response.text());
    return piece.querySelector("[data-outcome]") ? { piece } : { failed: "unsure" };
  } catch {
    return { failed: navigator.onLine ? "unsure" : "unsent" };
  } finally {
    clearTimeout(timer);
  }
}

function piecesOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// Gives the piece of page that says that no answer came.
export function noAnswer(why) {
  const piece = document.getElementById("no-answer").content.cloneNode(true);
  piece.querySelector("[data-unsent]").hidden = why !== "unsent";
  piece.querySelector("[data-unsure]").hidden = why !== "unsure";
  return piece;
}

// Puts a piece over the whole page, and takes it away again. `deeds` hears what is done there.
export function makeStage(page, deeds) {
  let stage = null;

  function show(piece) {
    stage?.remove();
    stage = document.createElement("main");
    stage.append(piece);
    page.hidden = true;
    page.after(stage);
    const say = stage.querySelector("[data-outcome]");
    document.body.className = `answer ${say.dataset.tone}`;
    scrollTo(0, 0);
    say.focus();
    stage.addEventListener("click", onClick);
    stage.addEventListener("submit", onSubmit);
    return say;
  }

  function hide() {
    stage?.remove();
    stage = null;
    page.hidden = false;
    document.body.className = "";
  }

  function onClick(event) {
    if (event.target.closest("[data-next]")) {
      event.preventDefault();
      deeds.next();
    } else if (event.target.closest("[data-retry]")) deeds.retry();
  }

  function onSubmit(event) {
    event.preventDefault();
    deeds.send(event.target.getAttribute("action"), fieldsOf(event.target, event.submitter));
  }

  return { show, hide, isShown: () => stage !== null };
}

// Gives what a form would send, with the button that was pressed.
export function fieldsOf(form, button) {
  const fields = Object.fromEntries(new FormData(form));
  return button?.name ? { ...fields, [button.name]: button.value } : fields;
}
