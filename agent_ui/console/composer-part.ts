/** What each part of the composer is told of the draft that it shows. */

import type { Destination } from "./destinations";
import type { Writing, Written } from "./drafts";

export interface PartProps {
  customer: number;
  mode: Writing;
  draft: Written;
  to: Destination | null;
}
