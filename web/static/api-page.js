// The OpenAPI document, shown and tried: nothing is asked of another site, no key is kept.
const place = document.getElementById("api");

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  validatorUrl: null,
  deepLinking: false,
  persistAuthorization: false,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  syntaxHighlight: false,
});

// What the borrowed page leaves without a name, or out of reach of the keyboard.
const NAMES = { ".close-modal": "Close", ".body-param__text": "Request body" };

new MutationObserver(() => {
  for (const [what, name] of Object.entries(NAMES))
    for (const found of place.querySelectorAll(what)) found.setAttribute("aria-label", name);
  for (const key of place.querySelectorAll(".modal-btn[aria-label]"))
    key.removeAttribute("aria-label");
  for (const wide of place.querySelectorAll("pre:not([tabindex])")) wide.tabIndex = 0;
}).observe(place, { childList: true, subtree: true });
