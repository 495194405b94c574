/** Files and pictures of an entry, in their final size from the first frame. */

import type { JSX } from "preact";
import { Download, File } from "../shared/icons";
import type { Attachment } from "./protocol";
import { fileSize, t } from "./text";

const WIDEST = 360;
const HIGHEST = 280;

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
  const { width, height } = fitted(file);
  return (
    <a class="picture" href={`/attachments/${file.id}`} target="_blank" rel="noreferrer">
      <img src={`/attachments/${file.id}`} alt={file.filename} width={width} height={height} loading="lazy" decoding="async" />
    </a>
  );
}

/** The size in which a picture is shown, known before it is loaded. */
function fitted({ image }: Attachment): { width: number; height: number } {
  if (!image || image === true) return { width: 240, height: 180 };
  const scale = Math.min(1, WIDEST / image.width, HIGHEST / image.height);
  return { width: Math.round(image.width * scale), height: Math.round(image.height * scale) };
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
