// Dropping files: each goes out by itself, two at a time, with a bar of its own. Without this script the form still sends them.

const AT_ONCE = 2;
const waiting = [];
let sending = 0;

const form = () => document.querySelector("[data-drop]");
const list = () => document.querySelector(".k-uploads");

function add(files) {
  for (const file of files) {
    const line = draw(file);
    if (file.size > Number(form().dataset.most)) problem(line, form().dataset.tooLarge);
    else waiting.push({ file, line });
  }
  next();
}

function draw(file) {
  const line = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { className: "s-clip", textContent: file.name, dir: "auto" });
  const said = Object.assign(document.createElement("small"), { textContent: form().dataset.waiting });
  const bar = Object.assign(document.createElement("progress"), { max: 100, value: 0, ariaLabel: file.name });
  line.append(name, said, bar);
  list().append(line);
  return line;
}

function next() {
  while (sending < AT_ONCE && waiting.length) {
    sending += 1;
    send(waiting.shift());
  }
}

function send({ file, line }) {
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("files", file);
  say(line, form().dataset.sending);
  request.open("POST", form().action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", document.querySelector('meta[name="csrf-token"]').content);
  request.upload.addEventListener("progress", ({ loaded, total }) => (line.querySelector("progress").value = (100 * loaded) / total));
  request.addEventListener("load", () => arrived(request, line));
  request.addEventListener("error", () => problem(line, form().dataset.unreachable));
  request.addEventListener("loadend", () => {
    sending -= 1;
    next();
  });
  request.send(body);
}

function arrived(request, line) {
  const refused = read(request);
  if (refused) {
    problem(line, refused);
    return;
  }
  say(line, form().dataset.arrived);
  line.querySelector("progress").value = 100;
  setTimeout(() => line.remove(), 1500);
  reload();
}

function read(request) {
  try {
    return JSON.parse(request.responseText).problems.map(({ message }) => message).join(" ");
  } catch {
    return form().dataset.unreachable;
  }
}

function say(line, text) {
  line.querySelector("small").textContent = text;
}

function problem(line, text) {
  line.dataset.problem = "";
  line.querySelector("progress").remove();
  say(line, text);
}

// Many files arrive close together; the list is loaded once for them all.
let later = 0;
function reload() {
  clearTimeout(later);
  later = setTimeout(() => window.htmx.trigger(document.body, "studio:added"), 250);
}

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
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  form().classList.remove("k-over");
  add(event.dataTransfer.files);
});

// Caught on its way down: the shell's script would look for a box beside the field, to write the file's name into it.
const chosen = (event) => {
  if (!event.target.matches("input[type='file']")) return;
  event.stopPropagation();
  if (!event.target.closest("[data-drop]")) return;
  add(event.target.files);
  event.target.value = "";
};
document.addEventListener("change", chosen, { capture: true });

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-choose-all]")) return;
  for (const box of event.target.form.querySelectorAll("input[name='id']")) box.checked = event.target.checked;
});

// Leaving now would lose what is still on its way.
window.addEventListener("beforeunload", (event) => {
  if (sending || waiting.length) event.preventDefault();
});
