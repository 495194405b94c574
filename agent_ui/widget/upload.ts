/** A file on its way to the hub: what is refused before, how far it is, and what became of it. */

import { signal, type Signal } from "@preact/signals";
import { callKey } from "../shared/socket";
import { page } from "./page";

export const LARGEST = page.largest;
export const LARGEST_MB = Math.floor(LARGEST / 1_000_000);
export const MOST = 20;

export type UploadState = { is: "waiting" } | { is: "sending"; part: number } | { is: "there"; id: string } | { is: "failed"; status: number };

export interface Upload {
  key: string;
  file: File;
  /** An address for showing a picture before it is sent; empty for other files. */
  preview: string;
  state: Signal<UploadState>;
  request: XMLHttpRequest | null;
  arriving: Promise<string> | null;
}

export function makeUpload(file: File): Upload {
  const preview = /^image\/(png|jpeg|gif|webp)$/.test(file.type) ? URL.createObjectURL(file) : "";
  return { key: callKey(), file, preview, state: signal<UploadState>({ is: "waiting" }), request: null, arriving: null };
}

/** Ends with the file's id, sending it once however often it is asked for; rejects with the status that refused it, 0 for no connection. */
export function send(upload: Upload, token: string): Promise<string> {
  upload.arriving ??= transfer(upload, token).catch((status: number) => {
    upload.arriving = null;
    upload.state.value = { is: "failed", status };
    throw status;
  });
  return upload.arriving;
}

function transfer(upload: Upload, token: string): Promise<string> {
  const { state, file } = upload;
  const request = (upload.request = new XMLHttpRequest());
  return new Promise((resolve, reject) => {
    request.open("POST", `/widget/attachments?${new URLSearchParams({ name: file.name })}`);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => {
      state.value = { is: "sending", part: total ? loaded / total : 0 };
    };
    request.onload = () => {
      if (request.status >= 300) return reject(request.status);
      const id = String((JSON.parse(request.responseText) as { id: string | number }).id);
      state.value = { is: "there", id };
      resolve(id);
    };
    request.onerror = request.onabort = () => reject(0);
    state.value = { is: "sending", part: 0 };
    request.send(file);
  });
}

export function drop(upload: Upload): void {
  upload.request?.abort();
  if (upload.preview) URL.revokeObjectURL(upload.preview);
}
