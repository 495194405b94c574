/** Files of the draft: ways to add them, and each with its progress, its refusal and the way to take it out. */

import { useRef } from "preact/hooks";
import { Clip, Close, File as FileSign, Picture, Warning } from "../../shared/icons";
import { attach, refusals, removeUpload, retryUpload, uploadProblem, uploads } from "../outbox";
import { t } from "../page";
import type { Upload } from "../upload";
import { sizeOf } from "../words";

export function takePaste(event: ClipboardEvent): void {
  const files = event.clipboardData?.files;
  if (!files?.length) return;
  event.preventDefault();
  attach(files);
}

export function takeDrop(event: DragEvent): void {
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  attach(event.dataTransfer.files);
}

function Chooser({ label, camera }: { label: string; camera?: boolean }) {
  const input = useRef<HTMLInputElement>(null);

  function take(): void {
    const chosen = input.current;
    if (chosen?.files) attach(chosen.files);
    if (chosen) chosen.value = "";
  }

  return (
    <>
      <button type="button" class={camera ? "quiet camera" : "quiet"} aria-label={label} title={label} onClick={() => input.current?.click()}>
        {camera ? <Picture size={20} /> : <Clip size={20} />}
      </button>
      <input ref={input} type="file" hidden multiple={!camera} onChange={take} {...(camera && { accept: "image/*", capture: "environment" })} />
    </>
  );
}

export function AttachButton() {
  return <Chooser label={t("attach")} />;
}

/** Phones only: straight to the camera. */
export function CameraButton() {
  return <Chooser label={t("camera")} camera />;
}

function wordsFor(upload: Upload): string {
  const state = upload.state.value;
  if (state.is === "sending") return `${Math.round(state.part * 100)} %`;
  if (state.is === "failed") return uploadProblem(state.status);
  return state.is === "there" ? sizeOf(upload.file.size) : t("waiting");
}

/** A refusal of the file itself stays one; no connection, too much at once and a fault of the hub may be over. */
function mayPass(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function Chip({ upload }: { upload: Upload }) {
  const state = upload.state.value;
  return (
    <li class={state.is === "failed" ? "chip bad" : "chip"}>
      {upload.preview ? <img src={upload.preview} alt="" width={32} height={32} /> : <FileSign size={20} />}
      <span class="name">
        {upload.file.name}
        <small>{wordsFor(upload)}</small>
      </span>
      {state.is === "sending" && <progress value={state.part} max={1} aria-label={upload.file.name} />}
      {state.is === "failed" && mayPass(state.status) && (
        <button type="button" class="link" onClick={() => retryUpload(upload)}>
          {t("again")}
        </button>
      )}
      <button type="button" class="quiet" aria-label={t("remove_file", { name: upload.file.name })} onClick={() => removeUpload(upload)}>
        <Close />
      </button>
    </li>
  );
}

export function Attachments() {
  return (
    <>
      {uploads.value.length > 0 && (
        <ul class="chips" aria-label={t("files")}>
          {uploads.value.map((upload) => (
            <Chip key={upload.key} upload={upload} />
          ))}
        </ul>
      )}
      <div role="alert">
        {refusals.value.map((reason) => (
          <p class="problem" key={reason}>
            <Warning size={14} /> {reason}
          </p>
        ))}
      </div>
    </>
  );
}
