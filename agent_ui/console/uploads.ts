/** Files on their way to the hub, with progress, and a way to stop and try again. */

import { signal } from "@preact/signals";
import type { Attachment } from "./protocol";
import { t } from "./text";
import { toast } from "./toasts";

const LARGEST = 25 * 1024 * 1024;

export interface Upload {
  key: string;
  name: string;
  owner: string;
  /** From 0 to 1; null when it failed. */
  progress: number | null;
  stop: () => void;
  again: () => void;
}

export const uploads = signal<readonly Upload[]>([]);

let lastKey = 0;

/** Send one file; `then` gets it once it is stored. `owner` names the composer that shows it. */
export function upload(file: File, owner: string, then: (stored: Attachment) => void): void {
  if (file.size > LARGEST) return toast(t("file.toolarge", { name: file.name }), undefined, true);
  const key = String(++lastKey);
  const request = new XMLHttpRequest();
  const remove = () => {
    uploads.value = uploads.peek().filter((one) => one.key !== key);
  };
  const progress = (value: number | null) => {
    uploads.value = uploads.peek().map((one) => (one.key === key ? { ...one, progress: value } : one));
  };
  const again = () => {
    remove();
    upload(file, owner, then);
  };
  const stop = () => {
    request.abort();
    remove();
  };
  uploads.value = [...uploads.peek(), { key, name: file.name, owner, progress: 0, stop, again }];
  request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
  request.onerror = () => progress(null);
  request.onload = () => {
    if (request.status >= 300) return progress(null);
    remove();
    then(JSON.parse(request.responseText) as Attachment);
  };
  request.open("POST", `/console/attachments?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
  request.send(file);
}
