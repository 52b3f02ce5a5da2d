// Files of messages: pictures in place, sounds to be heard, everything else to be fetched.

import { fileAddress } from "./api.js";
import { element } from "./dom.js";
import { icon } from "./icons.js";

const STATES = {
  pending: "is being fetched…",
  too_large: "was refused: it is too large",
  refused: "was refused: this kind of file is not taken",
  lost: "could not be fetched from the network",
};

/** One attachment of a message. */
export function attachment(file) {
  if (file.state !== "stored" || !file.sha256) {
    return element("p", { class: "file file-missing" }, icon("file"), element("span", {}, `${file.name} ${STATES[file.state] ?? ""}`));
  }
  const address = fileAddress(file);
  const type = file.content_type;
  if (/^image\/(png|jpeg|gif|webp)$/.test(type)) {
    const picture = element("img", { src: address, alt: file.name, loading: "lazy" });
    return element("a", { class: "picture", href: address, target: "_blank", rel: "noopener", title: `${file.name}: open in full` }, picture);
  }
  if (type.startsWith("audio/")) return element("audio", { class: "sound", src: address, controls: true, preload: "none", title: file.name });
  if (type.startsWith("video/")) return element("video", { class: "picture", src: address, controls: true, preload: "metadata", title: file.name });
  return element(
    "a",
    { class: "file", href: address, download: file.name },
    icon("file"),
    element("span", { class: "file-name" }, file.name),
    element("span", { class: "file-size" }, size(file.size)),
  );
}

export function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
