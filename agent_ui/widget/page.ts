/** What the hub wrote into the frame's page: the account, the shops that may hold it, and the texts of one language. */

import { type Catalogue, translator } from "../shared/catalogue";
import type { Account } from "./protocol";

interface Page {
  account: Account;
  language: string;
  /** The largest file that the hub takes, in bytes. */
  largest: number;
  /** Who may hold the frame, as sources of a Content-Security-Policy. */
  origins: string[];
  texts: Catalogue;
}

export const page = JSON.parse(document.getElementById("page")?.textContent ?? "{}") as Page;

export const t = translator(page.language, page.texts, {});

/** Inside a shop's page; false in the web view of an app, which opens the frame as a page of its own. */
export const framed = window.parent !== window;

/** On phones a field that takes focus by itself brings the keyboard up, over what there is to read. */
export const byTouch = matchMedia("(pointer: coarse)").matches;
