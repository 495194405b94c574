/** What the launcher on the shop's page and the frame tell each other, and the check that each message passes first. */

export interface Greeting {
  page: { url: string; title: string };
  identity: string;
  shown: boolean;
  left: boolean;
}

export type ToFrame =
  | { onethread: "hello"; value: Greeting }
  | { onethread: "shown"; value: boolean }
  | { onethread: "identify"; value: string }
  | { onethread: "leave"; value?: undefined };

/** `kept`: this browser has a conversation to come back to. `look`: the brand's colour and the one that is read on it. */
export type ToShop =
  | { onethread: "ready"; value?: undefined }
  | { onethread: "close"; value?: undefined }
  | { onethread: "unread"; value: number }
  | { onethread: "kept"; value: boolean }
  | { onethread: "look"; value: string };

type Shapes<Message extends { onethread: string }> = Record<Message["onethread"], string>;

export const TO_FRAME: Shapes<ToFrame> = { hello: "object", shown: "boolean", identify: "string", leave: "undefined" };
export const TO_SHOP: Shapes<ToShop> = { ready: "undefined", close: "undefined", unread: "number", kept: "boolean", look: "string" };

/** The message, if it has one of these shapes; shop pages exchange messages of many other kinds. */
export function read<Message extends { onethread: string }>(shapes: Shapes<Message>, message: unknown): Message | undefined {
  const { onethread, value } = Object(message) as { onethread: Message["onethread"]; value: unknown };
  return onethread && value !== null && shapes[onethread] === typeof value ? (message as Message) : undefined;
}
