/** Files on their way to the hub, with progress, and a way to stop and try again. */

import { batch, signal } from "@preact/signals";
import type { Attachment } from "./protocol";
import { t } from "./text";
import { problemText, toast } from "./toasts";

const LARGEST = Number(document.body.dataset["largest"]);

export interface Upload {
  key: string;
  name: string;
  owner: string;
  /** From 0 to 1. */
  progress: number;
  /** Why it failed; empty while it goes on. */
  failure: string;
  stop: () => void;
  again: () => void;
}

export const uploads = signal<readonly Upload[]>([]);

let lastKey = 0;

/** Send one file; `then` gets it once it is stored. `owner` names the composer that shows it. */
export function upload(file: File, owner: string, then: (stored: Attachment) => void): void {
  if (file.size > LARGEST) return toast(t("file.toolarge", { name: file.name, mb: Math.floor(LARGEST / 1_000_000) }), undefined, true);
  const key = String(++lastKey);
  const request = new XMLHttpRequest();
  const remove = () => {
    uploads.value = uploads.peek().filter((one) => one.key !== key);
  };
  const change = (to: Partial<Upload>) => {
    uploads.value = uploads.peek().map((one) => (one.key === key ? { ...one, ...to } : one));
  };
  const again = () => {
    remove();
    upload(file, owner, then);
  };
  const stop = () => {
    request.abort();
    remove();
  };
  uploads.value = [...uploads.peek(), { key, name: file.name, owner, progress: 0, failure: "", stop, again }];
  request.upload.onprogress = ({ loaded, total }) => change({ progress: loaded / total });
  request.onerror = () => change({ failure: t("problem.offline") });
  request.onload = () => {
    if (request.status >= 300) return change({ failure: reason(request.responseText) });
    // At once, so that nobody sees the message without its file in between.
    batch(() => {
      then(JSON.parse(request.responseText) as Attachment);
      remove();
    });
  };
  request.open("POST", `/console/attachments?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
  request.setRequestHeader("Accept", "application/problem+json");
  request.send(file);
}

function reason(answer: string): string {
  try {
    return problemText(JSON.parse(answer));
  } catch {
    return t("problem.unknown");
  }
}
