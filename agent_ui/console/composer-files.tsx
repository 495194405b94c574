/** The composer's files: those stored, those on their way with their progress, and those that failed with the reason. */

import type { JSX } from "preact";
import { Close, File as FileSign, Warning } from "../shared/icons";
import type { PartProps } from "./composer-part";
import { type Writing, write, written } from "./drafts";
import type { Attachment } from "./protocol";
import { filesOnTheWay, ownerOf } from "./sending";
import { t } from "./text";
import { type Upload, upload } from "./uploads";

export function attachFiles(customer: number, mode: Writing, files: Iterable<File>): void {
  for (const file of files) {
    upload(file, ownerOf(customer, mode), (stored) =>
      write(customer, mode, { attachments: [...written(customer, mode).peek().attachments, stored] }),
    );
  }
}

export function Files({ customer, mode, draft }: PartProps): JSX.Element | null {
  const going = filesOnTheWay(customer, mode);
  const failed = going.filter(({ failure }) => failure);
  if (!draft.attachments.length && !going.length) return null;
  const remove = (file: Attachment) =>
    write(customer, mode, { attachments: written(customer, mode).peek().attachments.filter(({ id }) => id !== file.id) });
  return (
    <>
      <ul class="composer-files">
        {draft.attachments.map((file) => (
          <Stored key={file.id} file={file} remove={() => remove(file)} />
        ))}
        {going.map((one) => (one.failure ? <Failed key={one.key} one={one} /> : <Going key={one.key} one={one} />))}
      </ul>
      {/* Always there, so that what appears in it is read out. */}
      <div role="alert">{failed.map((one) => <Failure key={one.key} one={one} />)}</div>
    </>
  );
}

function Stored({ file, remove }: { file: Attachment; remove: () => void }): JSX.Element {
  return (
    <li>
      <FileSign size={14} />
      <span dir="auto">{file.filename}</span>
      <button type="button" class="icon-button small" aria-label={t("file.remove", { name: file.filename })} onClick={remove}>
        <Close size={12} />
      </button>
    </li>
  );
}

function Going({ one }: { one: Upload }): JSX.Element {
  return (
    <li>
      <span dir="auto">{one.name}</span>
      <progress value={one.progress} aria-label={t("file.progress", { name: one.name })} />
      <button type="button" class="icon-button small" aria-label={t("file.stop", { name: one.name })} onClick={one.stop}>
        <Close size={12} />
      </button>
    </li>
  );
}

function Failed({ one }: { one: Upload }): JSX.Element {
  return (
    <li class="bad">
      <Warning size={14} />
      <span dir="auto">{one.name}</span>
      <button type="button" class="button quiet small" onClick={one.again}>
        {t("retry")}
      </button>
      <button type="button" class="icon-button small" aria-label={t("file.remove", { name: one.name })} onClick={one.stop}>
        <Close size={12} />
      </button>
    </li>
  );
}

function Failure({ one }: { one: Upload }): JSX.Element {
  return (
    <p class="files-failed">
      {t("file.failed", { name: one.name })} {one.failure} {t("file.failedthen")}
    </p>
  );
}
