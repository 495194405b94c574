/** Keeps the end of the thread in sight while one is there, and the place of what is read when something comes in elsewhere. */

import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
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

function measure(view: HTMLElement) {
  return {
    height: view.scrollHeight,
    visible: view.clientHeight,
    first: messages.value[0]?.id,
    count: messages.value.length,
    leaving: outgoing.value.length,
  };
}

export function useSteadyScroll(): SteadyScroll {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const below = useSignal(0);
  const jump = useRef(() => {});

  // Before the first painting, so that a thread is never seen to jump to its end.
  useLayoutEffect(() => {
    const place = box.current;
    if (!place || !content.current) return;
    let atEnd = true;
    let top = 0;
    let before = measure(place);

    function toEnd(view: HTMLElement): void {
      atEnd = true;
      below.value = 0;
      view.scrollTop = view.scrollHeight;
      top = view.scrollTop;
    }

    function settle(view: HTMLElement): void {
      const now = measure(view);
      if (atEnd || now.leaving > before.leaving) toEnd(view);
      else if (now.first !== before.first) view.scrollTop += now.height - before.height;
      else below.value += Math.max(0, now.count - before.count);
      before = now;
    }

    place.onscroll = () => {
      const { height, visible } = measure(place);
      const resized = height !== before.height || visible !== before.visible;
      const up = place.scrollTop < top;
      top = place.scrollTop;
      // Only a reader goes up. Else what grew since our own jump to the end has moved the end away; that is settled below.
      if (resized && !up) return;
      atEnd = height - top - visible < NEAR;
      if (atEnd) below.value = 0;
    };
    jump.current = () => toEnd(place);
    // It speaks before the next frame is painted, so that nothing is seen to move.
    const watcher = new ResizeObserver(() => settle(place));
    watcher.observe(place);
    watcher.observe(content.current);
    toEnd(place);
    return () => watcher.disconnect();
  }, []);

  return { box, content, below, toEnd: () => jump.current() };
}
