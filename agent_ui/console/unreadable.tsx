/** What stands for a message that could not be read, and the way to have it read once more. */

import type { JSX } from "preact";
import { Retry } from "../shared/icons";
import { call } from "./connection";
import type { Entry } from "./protocol";
import { go } from "./router";
import { t } from "./text";
import { orTell, toast } from "./toasts";

export function Unreadable({ entry }: { entry: Entry }): JSX.Element {
  return (
    <p class="unreadable">
      {t("entry.unreadable")}{" "}
      <button type="button" class="button small" onClick={() => orTell(readAgain(entry))}>
        <Retry size={14} />
        {t("retry")}
      </button>
    </p>
  );
}

/** What could be read stands where it belongs, which is shown. */
async function readAgain(entry: Entry): Promise<void> {
  const { entry: read } = await call<{ entry: Entry }>("read_again", { entry: entry.id });
  if (read.unreadable) toast(t("entry.unreadable"), undefined, true);
  else go({ customer: read.customer_id, entry: read.id });
}
