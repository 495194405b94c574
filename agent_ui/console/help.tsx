/** Every key with what it does, as a table and as a dialog. */

import type { JSX } from "preact";
import { Dialog } from "./dialog";
import { commands, hint } from "./keyboard";
import { t } from "./text";

export function KeyTable(): JSX.Element {
  const withKeys = commands.value.filter((one) => one.keys);
  const labels = [...new Set(withKeys.map((one) => one.label()))];
  return (
    <dl class="key-list">
      {labels.map((label) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {withKeys
              .filter((one) => one.label() === label)
              .map((one) => (
                <kbd key={one.keys}>{hint(one.keys)}</kbd>
              ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Help(): JSX.Element {
  return (
    <Dialog title={t("help.title")} class="wide">
      <KeyTable />
    </Dialog>
  );
}
