/** Keeps the end of the thread in sight while one is there, and the place of what is read when something comes in elsewhere. */

import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { outgoing } from "./outbox";
import { messages } from "./state";

const NEAR = 48;

interface SteadyScroll {
  box: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  /** How many messages came in below while one reads further up. */
  below: Signal<number>;
  toEnd: () => void;
}

const count = () => messages.value.length + outgoing.value.length;

export function useSteadyScroll(): SteadyScroll {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const below = useSignal(0);
  const jump = useRef(() => {});

  useEffect(() => {
    const place = box.current;
    if (!place || !content.current) return;
    let atEnd = true;
    let height = place.scrollHeight;
    let first = messages.value[0]?.id;
    let counted = count();

    function toEnd(view: HTMLElement): void {
      atEnd = true;
      below.value = 0;
      view.scrollTop = view.scrollHeight;
    }

    function settle(view: HTMLElement): void {
      const earlier = first !== messages.value[0]?.id;
      if (atEnd) toEnd(view);
      else if (earlier) view.scrollTop += view.scrollHeight - height;
      else below.value += Math.max(0, count() - counted);
      first = messages.value[0]?.id;
      height = view.scrollHeight;
      counted = count();
    }

    place.onscroll = () => {
      atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR;
      if (atEnd) below.value = 0;
    };
    jump.current = () => toEnd(place);
    // It speaks before the next frame is painted, so that nothing is seen to move.
    const watcher = new ResizeObserver(() => settle(place));
    watcher.observe(place);
    watcher.observe(content.current);
    return () => watcher.disconnect();
  }, []);

  return { box, content, below, toEnd: () => jump.current() };
}
