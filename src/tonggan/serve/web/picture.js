// A picture to search with: chosen, dropped or pasted; shown; taken away again.

const at = (id) => document.getElementById(id);
const pictureIn = (files) => [...(files ?? [])].find((file) => file.type.startsWith("image/"));

/** Call `onChange` with the chosen file, or null when it is taken away. */
export function watchPicture({ onChange }) {
  const change = (file) => {
    show(file);
    onChange(file);
  };
  watchInput(change);
  watchPaste(change);
  watchDrop(change);
  at("remove-picture").addEventListener("click", () => {
    change(null);
    at("words").focus();
  });
  return { forget: () => show(null) };
}

function show(file) {
  URL.revokeObjectURL(at("preview").src);
  at("chosen").hidden = !file;
  if (file) at("preview").src = URL.createObjectURL(file);
  else at("preview").removeAttribute("src");
  at("picture").value = "";
}

function watchInput(change) {
  at("picture").addEventListener("change", () => {
    const file = pictureIn(at("picture").files);
    if (file) change(file);
  });
}

function watchPaste(change) {
  addEventListener("paste", (event) => {
    const file = pictureIn(event.clipboardData?.files);
    if (!file) return;
    event.preventDefault();
    change(file);
  });
}

function watchDrop(change) {
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    at("dropzone").hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) at("dropzone").hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    at("dropzone").hidden = true;
    const file = pictureIn(event.dataTransfer.files);
    if (file) change(file);
  });
}
