// Files out of what was dropped or chosen: folders are opened, and what only the computer needs is left out.

// What systems and office programs leave in folders.
const HIDDEN = /^(\..*|~\$.*|thumbs\.db|desktop\.ini)$/i;

// [{ file, path }], path being the folders and the name.
export function plain(files) {
  return [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

export async function dropped(transfer) {
  // The list of entries is gone once this turn ends; a browser without folders gives files alone.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return plain(transfer.files);
  return (await Promise.all(entries.map(inside))).flat();
}

async function inside(entry) {
  if (entry.isFile) return file(entry);
  const reader = entry.createReader();
  const found = [];
  // A folder is told in parts of a hundred.
  for (;;) {
    const part = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!part.length) break;
    found.push(...(await Promise.all(part.map(inside))).flat());
  }
  return found;
}

async function file(entry) {
  const path = entry.fullPath.replace(/^\//, "");
  const found = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
  return found ? [{ file: found, path }] : [];
}

export const isHidden = ({ file }) => HIDDEN.test(file.name);

// Why a file need not be sent at all; empty when it may be read.
export function refusal(file, rules) {
  if (!file.size) return rules.empty;
  const suffix = file.name.includes(".") ? `.${file.name.split(".").pop().toLowerCase()}` : "";
  if (rules.refused[suffix]) return rules.refused[suffix];
  return file.size > rules.most ? rules.too_large : "";
}
