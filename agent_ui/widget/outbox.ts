/** What the visitor writes until the hub has it: the draft, its files, and messages that wait or could not be sent. */

import { batch, effect, signal } from "@preact/signals";
import { callKey, type Problem } from "../shared/socket";
import { t } from "./page";
import type { Message } from "./protocol";
import { call, token } from "./session";
import { link, messages, putMessages, ready } from "./state";
import { tab } from "./storage";
import { drop, LARGEST, LARGEST_MB, makeUpload, MOST, send as sendFile, type Upload } from "./upload";

export interface Outgoing {
  key: string;
  at: string;
  text: string;
  uploads: Upload[];
  /** Why it was not sent; empty while it waits. */
  problem: string;
}

export const draft = signal(tab.get("draft"));
export const uploads = signal<readonly Upload[]>([]);
export const refusals = signal<readonly string[]>([]);
export const outgoing = signal<readonly Outgoing[]>(restore());

export function write(text: string): void {
  draft.value = text;
  tab.put("draft", text);
}

/** Takes files into the draft and begins to send them; says why for each that cannot be taken. */
export function attach(files: Iterable<File>): void {
  const refused: string[] = [];
  for (const file of files) {
    const reason = whyNot(file);
    if (reason) refused.push(reason);
    else add(makeUpload(file));
  }
  refusals.value = refused;
}

function whyNot(file: File): string {
  if (file.size > LARGEST) return t("refused_large", { name: file.name, mb: LARGEST_MB });
  if (file.size === 0) return t("refused_empty", { name: file.name });
  return uploads.value.length >= MOST ? t("refused_many", { n: MOST }) : "";
}

function add(upload: Upload): void {
  uploads.value = [...uploads.value, upload];
  deliver(upload).catch(() => {});
}

/** Ends with the file's id; a connection that is lost on the way is waited for. */
async function deliver(upload: Upload): Promise<string> {
  for (;;) {
    await connected();
    try {
      return await sendFile(upload, token());
    } catch (status) {
      if (status !== 0 || link.value.is === "open") throw status;
    }
  }
}

export function retryUpload(upload: Upload): void {
  deliver(upload).catch(() => {});
}

export function removeUpload(upload: Upload): void {
  drop(upload);
  uploads.value = uploads.value.filter((other) => other !== upload);
}

/** Why a file did not arrive, in words. */
export function uploadProblem(status: number): string {
  if (status === 413) return t("problem_large", { mb: LARGEST_MB });
  if (status === 415 || status === 422) return t("problem_type");
  return t(status === 429 ? "problem_often" : "problem_upload");
}

/** Sends the draft; it stands in the thread at once and stays there whatever happens. */
export function sendDraft(): boolean {
  const text = draft.value.trim();
  if (!text && !uploads.value.length) return false;
  const message: Outgoing = { key: callKey(), at: new Date().toISOString(), text, uploads: [...uploads.value], problem: "" };
  batch(() => {
    outgoing.value = [...outgoing.value, message];
    uploads.value = [];
    refusals.value = [];
    write("");
  });
  void dispatch(message);
  return true;
}

async function dispatch(message: Outgoing): Promise<void> {
  try {
    const { text, uploads } = message;
    const given = uploads.length ? { text, attachments: await Promise.all(uploads.map(deliver)) } : { text };
    const answer = await call<{ message: Message }>("send", given, message.key);
    batch(() => {
      putMessages([answer.message]);
      discard(message.key);
    });
  } catch (reason) {
    change(message.key, { problem: typeof reason === "number" ? uploadProblem(reason) : sendProblem(reason as Problem) });
  }
}

function sendProblem({ status }: Problem): string {
  return t(status === 429 ? "problem_often" : status === 413 || status === 422 ? "problem_long" : "problem_send");
}

/** Tries again under the same key: the hub may have taken it after all, and only its answer was lost. */
export function resend(key: string): void {
  const message = change(key, { problem: "" });
  if (message) void dispatch(message);
}

/** Goes on with what waited when the connection was made anew, under the same keys. */
export function resume(): void {
  for (const message of outgoing.value) if (!message.problem) void dispatch(message);
}

export function discard(key: string): void {
  outgoing.value.find((message) => message.key === key)?.uploads.forEach(drop);
  outgoing.value = outgoing.value.filter((message) => message.key !== key);
}

export function discardAll(): void {
  for (const { key } of outgoing.value) discard(key);
  uploads.value.forEach(removeUpload);
  write("");
}

// The hub's news of a message can come before its answer, or instead of it: it must not stand in the thread twice.
effect(() => {
  const taken = new Set(messages.value.map(({ key }) => key));
  for (const { key } of outgoing.value) if (taken.has(key)) discard(key);
});

function change(key: string, changed: Partial<Outgoing>): Outgoing | undefined {
  outgoing.value = outgoing.value.map((message) => (message.key === key ? { ...message, ...changed } : message));
  return outgoing.value.find((message) => message.key === key);
}

function connected(): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (ready.value && link.value.is === "open") {
        resolve();
        queueMicrotask(() => stop());
      }
    });
  });
}

// Words outlive a step to another page of the shop; files cannot be kept, so a message with files is not.
function restore(): Outgoing[] {
  const kept = JSON.parse(tab.get("outbox") || "[]") as Pick<Outgoing, "key" | "at" | "text" | "problem">[];
  return kept.map((message) => ({ ...message, uploads: [] }));
}

effect(() => {
  const kept = outgoing.value.filter((message) => !message.uploads.length);
  tab.put("outbox", kept.length ? JSON.stringify(kept.map(({ key, at, text, problem }) => ({ key, at, text, problem }))) : "");
});
