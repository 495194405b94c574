/** One connection to the hub that outlives every outage: hello, resume, calls answered once, and news as it comes. */

export interface Problem {
  type?: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  [extra: string]: unknown;
}

export type LinkState =
  | { is: "connecting" }
  | { is: "open" }
  | { is: "lost"; since: number; nextTry: number }
  | { is: "over"; code: string; text: string };

export interface Link {
  /** Send a call; without a connection it waits and goes out, with the same key, when the line is back. */
  call<T>(verb: string, given: object, key?: string): Promise<T>;
  /** Tell short-lived news; without a connection it is dropped. */
  tell(news: object): void;
  retry(): void;
  close(): void;
}

export interface LinkOptions {
  path: string;
  hello: () => object;
  /** Gets every frame but answers, beats and farewells; the first one after a hello means that we are in step. */
  onFrame: (frame: Frame) => void;
  onState: (state: LinkState) => void;
  /** Hears the hub's clock every 20 seconds. */
  onBeat?: (time: string) => void;
}

/** One message from the hub; each has one of these fields, `snapshot` and `events` also a position. */
export interface Frame {
  snapshot?: unknown;
  events?: unknown[];
  position?: string;
  presence?: unknown;
  beat?: string;
  answer?: string;
  ok?: unknown;
  error?: Problem;
  over?: Farewell;
}

/** Why the hub closes the line, and whether coming back makes sense. */
interface Farewell {
  code: string;
  text: string;
  again: boolean;
  /** In how many seconds, where the hub spreads those who come back. */
  after?: number;
}

interface Waiting {
  frame: string;
  resolve: (ok: never) => void;
  reject: (problem: Problem) => void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const LONGEST_SPREAD = 120_000;
const SILENCE = 45_000;

export function callKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(36)).join("");
}

export function connect({ path, hello, onFrame, onState, onBeat }: LinkOptions): Link {
  const calls = new Map<string, Waiting>();
  let socket: WebSocket | null = null;
  let inStep = false;
  let tries = 0;
  let since = 0;
  let retryTimer = 0;
  let silenceTimer = 0;
  let ended = false;

  function open(): void {
    clearTimeout(retryTimer);
    if (ended || socket) return;
    if (!since) onState({ is: "connecting" });
    const line = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    socket = line;
    line.onopen = () => line.send(JSON.stringify({ hello: hello() }));
    line.onmessage = (event) => line === socket && receive(JSON.parse(event.data as string) as Frame);
    line.onclose = () => line === socket && lose();
    listen();
  }

  function listen(): void {
    clearTimeout(silenceTimer);
    silenceTimer = window.setTimeout(breakOff, SILENCE);
  }

  function receive(frame: Frame): void {
    listen();
    if (frame.answer !== undefined) return answer(frame.answer, frame);
    if (frame.over) return end(frame.over);
    if (frame.beat) return onBeat?.(frame.beat);
    onFrame(frame);
    if (inStep) return;
    inStep = true;
    tries = since = 0;
    onState({ is: "open" });
    for (const waiting of calls.values()) socket?.send(waiting.frame);
  }

  function answer(key: string, frame: Frame): void {
    const waiting = calls.get(key);
    calls.delete(key);
    if (frame.error) waiting?.reject(frame.error);
    else waiting?.resolve(frame.ok as never);
  }

  function end({ code, text, again, after }: Farewell): void {
    if (again) return lose(after);
    ended = true;
    drop();
    onState({ is: "over", code, text });
  }

  function drop(): void {
    const line = socket;
    socket = null;
    inStep = false;
    clearTimeout(silenceTimer);
    line?.close();
  }

  function lose(after = 0): void {
    if (ended) return;
    drop();
    since ||= Date.now();
    const ceiling = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries++);
    const pause = after ? Math.min(after * 1000, LONGEST_SPREAD) : ceiling * (0.5 + Math.random() / 2);
    onState({ is: "lost", since, nextTry: Date.now() + pause });
    clearTimeout(retryTimer);
    retryTimer = window.setTimeout(open, pause);
  }

  function breakOff(): void {
    lose();
  }

  function retry(): void {
    if (!socket) open();
  }

  function seen(): void {
    if (document.visibilityState === "visible") retry();
  }

  addEventListener("online", retry);
  addEventListener("offline", breakOff);
  document.addEventListener("visibilitychange", seen);
  open();

  return {
    call<T>(verb: string, given: object, key: string = callKey()): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const frame = JSON.stringify({ call: key, do: verb, with: given });
        calls.set(key, { frame, resolve: resolve as (ok: never) => void, reject });
        if (inStep) socket?.send(frame);
      });
    },
    tell(news) {
      if (inStep) socket?.send(JSON.stringify({ tell: news }));
    },
    retry,
    close() {
      ended = true;
      drop();
      removeEventListener("online", retry);
      removeEventListener("offline", breakOff);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}
