// A knowledge base: files that are dropped, and the list of its sources.
import "./list.js";
import { add, busy } from "./uploads.js";
import { dropped, plain } from "./files.js";

const form = () => document.querySelector("[data-drop]");
const carriesFiles = (event) => form() && [...(event.dataTransfer?.types ?? [])].includes("Files");

// Anywhere on the page: nobody has to aim, and a file that misses does not replace the page.
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  document.getElementById("way-files").checked = true;
  form().classList.add("k-over");
});
document.addEventListener("dragleave", (event) => {
  if (form() && !event.relatedTarget) form().classList.remove("k-over");
});
document.addEventListener("drop", async (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  form().classList.remove("k-over");
  add(await dropped(event.dataTransfer));
});

// Caught on its way down: the shell's script would look for a box beside the field, to write the file's name into it.
const chosen = (event) => {
  if (!event.target.matches("input[type='file']")) return;
  event.stopPropagation();
  if (!event.target.closest("[data-drop]")) return;
  add(plain(event.target.files));
  event.target.value = "";
};
document.addEventListener("change", chosen, { capture: true });

// Leaving now would lose what is still on its way.
window.addEventListener("beforeunload", (event) => {
  if (busy()) event.preventDefault();
});
