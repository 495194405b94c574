/** What every entry of the timeline has: its place on the line, and its time. */

import type { ComponentChildren, JSX } from "preact";
import { fullTime, moment } from "./text";

export function Node({ kind, children }: { kind: string; children?: ComponentChildren }): JSX.Element {
  return (
    <span class={`node ${kind}`} aria-hidden="true">
      {children}
    </span>
  );
}

export function At({ time }: { time: string }): JSX.Element {
  return (
    <time dateTime={time} title={fullTime(time)}>
      {moment(time)}
    </time>
  );
}
