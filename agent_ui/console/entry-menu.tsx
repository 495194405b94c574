/** What can be done with one entry: copy, move to another request, forward, show where it came from. */

import type { JSX } from "preact";
import { Download, Forward, More, Move, Slash } from "../shared/icons";
import { canDo } from "./connection";
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

/** Save what lies at an address, without leaving the page where it is not there. */
function save(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}

/** What somebody else's system brought is kept as it came; what was typed into the chat came through us alone. */
function wasOffered(entry: Entry): boolean {
  return entry.kind === "message" && entry.direction === "in" && !canDo(entry.account).instant;
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
  if (wasOffered(entry)) {
    items.push({
      label: t("entry.original"),
      hint: t("entry.originalhint"),
      icon: Download,
      run: () => save(`/entries/${entry.id}/raw`),
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
