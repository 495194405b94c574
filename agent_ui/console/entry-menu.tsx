/** What can be done with one entry: copy, move to another request, forward, show where it came from. */

import type { JSX } from "preact";
import { Forward, More, Move, Slash } from "../shared/icons";
import { copy } from "./delivery";
import { dialog } from "./dialog";
import { forwardDialog } from "./forward";
import { MenuButton, type MenuItem } from "./menu";
import type { Entry } from "./protocol";
import { moveEntry, requests, requestTitle } from "./requests";
import { t } from "./text";

export function EntryMenu({ entry }: { entry: Entry }): JSX.Element {
  return (
    <MenuButton class="icon-button small entry-menu" label={t("entry.menu", { name: entry.author.name })} items={() => choices(entry)}>
      <More size={14} />
    </MenuButton>
  );
}

function choices(entry: Entry): MenuItem[] {
  const others = requests.peek().filter((one) => one.id !== entry.request_id);
  const items: MenuItem[] = [{ label: t("copytext"), icon: Slash, run: () => copy(entry.text) }];
  if (entry.kind === "message") {
    items.push({
      label: t("forward.title"),
      icon: Forward,
      run: () => {
        dialog.value = forwardDialog(entry);
      },
    });
  }
  others.forEach((request, index) =>
    items.push({
      label: t("move.to", { number: request.number }),
      hint: requestTitle(request),
      icon: Move,
      group: index === 0 ? t("move.title") : undefined,
      run: () => moveEntry(entry, request),
    }),
  );
  return items;
}
