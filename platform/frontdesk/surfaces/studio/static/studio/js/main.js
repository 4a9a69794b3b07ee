// The Studio's own script: what HTMX and the browser do not do by themselves. No framework; the policy allows 'self' only.
import "./confirm.js";
import "./copy.js";
import "./listen.js";
import "./live.js";
import "./menus.js";
import "./palette.js";
import "./requests.js";
import "./typed.js";
import { showConditions } from "./schema_forms.js";
import { showOpenTab } from "./tabs.js";
import { showWaitingToasts } from "./toasts.js";
import { guardForms } from "./unsaved.js";

showWaitingToasts();
showOpenTab();
guardForms();
showConditions();
// Unless somebody has gone elsewhere on the page by now.
if (document.activeElement.matches("body, [autofocus]")) document.querySelector("[data-take-focus]")?.focus();
