/** Files and pictures of an entry; a picture keeps one box of a fixed size, so that nothing moves when it arrives. */

import type { JSX } from "preact";
import { Download, File } from "../shared/icons";
import type { Attachment } from "./protocol";
import { fileSize, t } from "./text";

export function Attachments({ files }: { files: Attachment[] }): JSX.Element | null {
  if (!files.length) return null;
  return (
    <ul class="files">
      {files.map((file) => (
        <li key={file.id}>{file.image ? <Image file={file} /> : <FileLink file={file} />}</li>
      ))}
    </ul>
  );
}

function Image({ file }: { file: Attachment }): JSX.Element {
  return (
    <a class="picture" href={`/attachments/${file.id}`} target="_blank" rel="noreferrer">
      <img src={`/attachments/${file.id}`} alt={file.filename} loading="lazy" decoding="async" />
    </a>
  );
}

function FileLink({ file }: { file: Attachment }): JSX.Element {
  return (
    <a class="file" href={`/attachments/${file.id}`} download={file.filename}>
      <File size={20} />
      <span class="file-words">
        <span class="file-name" dir="auto">
          {file.filename}
        </span>
        <span class="file-size">{fileSize(file.size)}</span>
      </span>
      <Download label={t("file.download")} />
    </a>
  );
}
