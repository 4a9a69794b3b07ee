/** Send a form over HTTP: `gone` is told the share that is on its way, `done` the server's answer, or null when it is out of reach. */
export function upload(address, fields, files, gone, done) {
  const form = new FormData();
  for (const name in fields) form.append(name, fields[name]);
  for (const file of files) form.append("file", file);
  const request = new XMLHttpRequest();
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => gone(loaded / total);
  request.onerror = () => done(null);
  request.onload = () => done(request.status < 500 && request.status !== 429 ? request.response : null);
  request.open("POST", address);
  request.send(form);
}
