// What was begun and not sent, kept in this browser: per agent, per ticket and per box.

/** A draft: text, uploaded files, and the id of the act under which it was tried to be sent, if it was. */
export class Draft {
  constructor(agentId, ticket, box) {
    this.place = `draft:${agentId}:${ticket}:${box}`;
    const kept = read(this.place);
    this.text = kept.text ?? "";
    this.files = kept.files ?? [];
    this.actId = kept.actId ?? null;
  }

  get empty() {
    return this.text.trim() === "" && this.files.length === 0;
  }

  /** The words or files changed: what is sent now is another act than what was tried before. */
  change(changes) {
    Object.assign(this, changes, { actId: null });
    this.keep();
  }

  /** It is being sent under this id: after a drop or a reload it is sent again under the same. */
  begin(actId) {
    this.actId ??= actId;
    this.keep();
    return this.actId;
  }

  drop() {
    Object.assign(this, { text: "", files: [], actId: null });
    localStorage.removeItem(this.place);
  }

  keep() {
    if (this.empty) localStorage.removeItem(this.place);
    else localStorage.setItem(this.place, JSON.stringify({ text: this.text, files: this.files, actId: this.actId }));
  }
}

function read(place) {
  try {
    return JSON.parse(localStorage.getItem(place)) ?? {};
  } catch {
    return {};
  }
}
