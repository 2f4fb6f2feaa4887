// Before the page is painted: what needs a script may be shown.
document.documentElement.classList.add("scripted");
