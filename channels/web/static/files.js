// Files on their way up and down. The player's token goes along as a header, never in an address.

import { load } from "./storage.js";
import { facts } from "./words.js";

const shown = new Map();

function authorization() {
  return { Authorization: `Bearer ${load("token") ?? ""}` };
}

// Takes a File; returns {sha256, name, content_type, size}. Throws a text's key where it cannot be had.
export async function upload(file) {
  if (file.size > facts.max_file) throw "file_too_large";
  const response = await fetch(`/chat/files?name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    headers: { ...authorization(), "Content-Type": "application/octet-stream" },
    body: file,
  }).catch(() => null);
  if (response?.status === 413) throw "file_too_large";
  if (response?.status === 415) throw "file_type_refused";
  if (response?.status !== 201) throw "file_failed";
  const made = await response.json();
  if (isPicture(made)) shown.set(made.sha256, Promise.resolve(URL.createObjectURL(file)));
  return made;
}

export function isPicture(file) {
  return ["image/png", "image/jpeg", "image/gif", "image/webp"].includes(file.content_type);
}

// An address of the file's bytes in this page; rejects where they cannot be had now.
export function address(file) {
  if (!shown.has(file.sha256)) {
    const fetched = fetch(`/chat/files/${file.sha256}`, { headers: authorization() }).then(async (response) => {
      if (!response.ok) throw new Error(`file ${response.status}`);
      return URL.createObjectURL(await response.blob());
    });
    fetched.catch(() => shown.delete(file.sha256));
    shown.set(file.sha256, fetched);
  }
  return shown.get(file.sha256);
}

export async function download(file) {
  const link = document.createElement("a");
  link.href = await address(file);
  link.download = file.name;
  link.click();
}
