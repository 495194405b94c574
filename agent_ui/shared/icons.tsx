/** Our own signs: strokes on a grid of 16, round ends, no fills; decoration unless they are given a label. */

import type { JSX } from "preact";

export interface IconProps {
  size?: 12 | 14 | 16 | 20 | 24;
  label?: string;
  class?: string;
}

export type Icon = (props: IconProps) => JSX.Element;

/** Each sign is one path, so that a bundle carries only those it names. */
function icon(path: string, weight = 1.5): Icon {
  return function Sign({ size = 16, label, class: name }: IconProps) {
    return (
      <svg
        class={name ? `icon ${name}` : "icon"}
        width={size}
        height={size}
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        stroke-width={size >= 20 ? weight * 0.9 : weight}
        stroke-linecap="round"
        stroke-linejoin="round"
        role={label ? "img" : undefined}
        aria-label={label}
        aria-hidden={label ? undefined : "true"}
      >
        <path d={path} />
      </svg>
    );
  };
}

export const Inbox = /* @__PURE__ */ icon("M2 9.5 4 3.6a1 1 0 0 1 1-.7h6a1 1 0 0 1 1 .7l2 5.9v2.8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1zM2 9.5h3.4l.9 1.6h3.4l.9-1.6H14");
export const Phone = /* @__PURE__ */ icon("M3.2 2.3h2l1.2 3-1.4 1.2a8.4 8.4 0 0 0 4.5 4.5l1.2-1.4 3 1.2v2a1.2 1.2 0 0 1-1.3 1.2A11 11 0 0 1 2 3.6a1.2 1.2 0 0 1 1.2-1.3z");
export const CallIn = /* @__PURE__ */ icon("M3.2 2.3h2l1.2 3-1.4 1.2a8.4 8.4 0 0 0 4.5 4.5l1.2-1.4 3 1.2v2a1.2 1.2 0 0 1-1.3 1.2A11 11 0 0 1 2 3.6a1.2 1.2 0 0 1 1.2-1.3zM14 2 9.8 6.2M9.8 2.9v3.3h3.3");
export const CallOut = /* @__PURE__ */ icon("M3.2 2.3h2l1.2 3-1.4 1.2a8.4 8.4 0 0 0 4.5 4.5l1.2-1.4 3 1.2v2a1.2 1.2 0 0 1-1.3 1.2A11 11 0 0 1 2 3.6a1.2 1.2 0 0 1 1.2-1.3zM9.8 6.2 14 2M10.7 2H14v3.3");
export const People = /* @__PURE__ */ icon("M6 7.6a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8zM1.6 13.2a4.4 4.4 0 0 1 8.8 0M10.6 3a2.3 2.3 0 0 1 0 4.3M12 9.5a4.2 4.2 0 0 1 2.4 3.7");
export const Person = /* @__PURE__ */ icon("M8 7.6A2.6 2.6 0 1 0 8 2.4a2.6 2.6 0 0 0 0 5.2zM3 13.6a5 5 0 0 1 10 0");
export const Box = /* @__PURE__ */ icon("M8 1.8 13.4 4.7v6.6L8 14.2l-5.4-2.9V4.7zM2.8 4.8 8 7.7l5.2-2.9M8 7.7v6.3");
export const Bag = /* @__PURE__ */ icon("M3.2 5.2h9.6l.8 8.6H2.4zM5.6 7V4.4a2.4 2.4 0 0 1 4.8 0V7");
export const Search = /* @__PURE__ */ icon("M7 11.8a4.8 4.8 0 1 0 0-9.6 4.8 4.8 0 0 0 0 9.6zM10.5 10.5 14 14");
export const Gear = /* @__PURE__ */ icon("M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 1.8v1.7M8 12.5v1.7M1.8 8h1.7M12.5 8h1.7M3.6 3.6l1.2 1.2M11.2 11.2l1.2 1.2M3.6 12.4l1.2-1.2M11.2 4.8l1.2-1.2");
export const Filter = /* @__PURE__ */ icon("M2.2 4.4h11.6M4.4 8h7.2M6.6 11.6h2.8");
export const Plus = /* @__PURE__ */ icon("M8 3v10M3 8h10");
export const Down = /* @__PURE__ */ icon("M4.2 6.2 8 10l3.8-3.8");
export const Up = /* @__PURE__ */ icon("M4.2 9.8 8 6l3.8 3.8");
export const Back = /* @__PURE__ */ icon("M9.8 3.8 5.6 8l4.2 4.2");
export const Forward = /* @__PURE__ */ icon("M6.2 3.8 10.4 8l-4.2 4.2");
export const ArrowDown = /* @__PURE__ */ icon("M8 3v10M4.2 9.4 8 13l3.8-3.6");
export const Mail = /* @__PURE__ */ icon("M3 3.4h10a1.2 1.2 0 0 1 1.2 1.2v6.8a1.2 1.2 0 0 1-1.2 1.2H3a1.2 1.2 0 0 1-1.2-1.2V4.6A1.2 1.2 0 0 1 3 3.4zM2.2 4.6 8 8.8l5.8-4.2");
export const Chat = /* @__PURE__ */ icon("M3 2.8h10a1.2 1.2 0 0 1 1.2 1.2v6a1.2 1.2 0 0 1-1.2 1.2H7.4L4.4 14v-2.8H3A1.2 1.2 0 0 1 1.8 10V4A1.2 1.2 0 0 1 3 2.8z");
export const Messenger = /* @__PURE__ */ icon("M8 2a6 6 0 1 1-2.8 11.3L2 14l.8-3A6 6 0 0 1 8 2zM6 6.2c.2 2 1.8 3.6 3.8 3.8");
export const Plane = /* @__PURE__ */ icon("M14 2.4 2 7.2l4 1.6m8-6.4-3 11-5-4.6m8-6.4L6 8.8v4l2-2");
export const Store = /* @__PURE__ */ icon("M2.6 6.4v7h10.8v-7M1.8 6.2 3.2 2.6h9.6l1.4 3.6a2 2 0 0 1-4 .2 2.1 2.1 0 0 1-4.2 0 2.1 2.1 0 0 1-4.2-.2zM6.4 13.4V9.8h3.2v3.6");
export const Form = /* @__PURE__ */ icon("M3.4 2h9.2v12H3.4zM5.8 5h4.4M5.8 8h4.4M5.8 11h2.2");
export const Code = /* @__PURE__ */ icon("M5.4 4.4 1.8 8l3.6 3.6M10.6 4.4 14.2 8l-3.6 3.6");
export const Proven = /* @__PURE__ */ icon("M8 1.8 13 3.4v4.2c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6V3.4zM5.7 7.9l1.7 1.7 3-3.2");
export const Claimed = /* @__PURE__ */ icon("M8 1.8 13 3.4v4.2c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6V3.4zM6.6 6.3a1.4 1.4 0 1 1 2 1.3c-.4.2-.6.5-.6.9M8 10.6v.1");
export const Warning = /* @__PURE__ */ icon("M8 2.2 14.6 13.4H1.4zM8 6.4v3.2M8 11.5v.1");
export const Info = /* @__PURE__ */ icon("M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM8 7.4v3.6M8 5v.1");
export const Question = /* @__PURE__ */ icon("M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.5.3-.8.6-.8 1.1M8 11.2v.1");
export const Clock = /* @__PURE__ */ icon("M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM8 4.6V8l2.2 1.6");
export const Alarm = /* @__PURE__ */ icon("M8 13.8a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM8 6.2v2.8l1.8 1.2M1.6 4.4 4 2.2M14.4 4.4 12 2.2");
export const More = /* @__PURE__ */ icon("M3.2 8v.1M8 8v.1M12.8 8v.1", 2);
export const Check = /* @__PURE__ */ icon("M3 8.4 6.4 12 13 4.4");
export const Checks = /* @__PURE__ */ icon("M1.4 8.6 4.4 12l5.8-7.4M7 11l.9 1L14.4 4.6");
export const Pencil = /* @__PURE__ */ icon("M10.8 2.6 13.4 5.2 5.6 13 2.4 13.6 3 10.4z");
export const Lock = /* @__PURE__ */ icon("M3.6 7.2h8.8v6.4H3.6zM5.4 7.2V5a2.6 2.6 0 0 1 5.2 0v2.2");
export const Tag = /* @__PURE__ */ icon("M2 8.2V2.8a.8.8 0 0 1 .8-.8h5.4L14 7.8 7.8 14zM5.2 5.2v.1");
export const Clip = /* @__PURE__ */ icon("M13.4 7.4 8 12.8a3.3 3.3 0 0 1-4.7-4.7l5.6-5.6a2.2 2.2 0 0 1 3.1 3.1l-5.5 5.5a1.1 1.1 0 0 1-1.6-1.6l5-5");
export const Slash = /* @__PURE__ */ icon("M3.6 2h8.8A1.6 1.6 0 0 1 14 3.6v8.8a1.6 1.6 0 0 1-1.6 1.6H3.6A1.6 1.6 0 0 1 2 12.4V3.6A1.6 1.6 0 0 1 3.6 2zM9.6 5 6.4 11");
export const Eye = /* @__PURE__ */ icon("M1.6 8S4 3.6 8 3.6 14.4 8 14.4 8 12 12.4 8 12.4 1.6 8 1.6 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z");
export const Flag = /* @__PURE__ */ icon("M3.6 14V2.4h8.8L10.6 5.6l1.8 3.2H3.6");
export const Close = /* @__PURE__ */ icon("M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4");
export const Retry = /* @__PURE__ */ icon("M13.4 3v3.2h-3.2M13 6A5.4 5.4 0 1 0 13.4 9.4");
export const Undo = /* @__PURE__ */ icon("M5.4 3 2.4 6l3 3M2.8 6h6.6a3.8 3.8 0 0 1 0 7.6H6");
export const Plug = /* @__PURE__ */ icon("M5.4 2v3.4M10.6 2v3.4M3.6 5.4h8.8v2a4.4 4.4 0 0 1-8.8 0zM8 11.8V14");
export const Print = /* @__PURE__ */ icon("M4.4 5.6V2h7.2v3.6M4.4 11.4H2.2V5.6h11.6v5.8h-2.2M4.4 9.4h7.2V14H4.4z");
export const Download = /* @__PURE__ */ icon("M8 2v8M4.6 6.8 8 10.2l3.4-3.4M2.4 13.4h11.2");
export const Bell = /* @__PURE__ */ icon("M3.2 11.2c.9-.9 1.2-1.8 1.2-4.2a3.6 3.6 0 0 1 7.2 0c0 2.4.3 3.3 1.2 4.2zM6.6 13.4a1.5 1.5 0 0 0 2.8 0");
export const Keys = /* @__PURE__ */ icon("M2.2 4h11.6A.8.8 0 0 1 14.6 4.8v6.4a.8.8 0 0 1-.8.8H2.2a.8.8 0 0 1-.8-.8V4.8A.8.8 0 0 1 2.2 4zM4.2 6.8v.1M6.7 6.8v.1M9.3 6.8v.1M11.8 6.8v.1M5 9.4h6");
export const Sun = /* @__PURE__ */ icon("M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.6v1.2M8 13.2v1.2M1.6 8h1.2M13.2 8h1.2M3.5 3.5l.8.8M11.7 11.7l.8.8M3.5 12.5l.8-.8M11.7 4.3l.8-.8");
export const Send = /* @__PURE__ */ icon("M8 13.4V3M3.8 7 8 2.8 12.2 7");
export const File = /* @__PURE__ */ icon("M9.4 1.8H4a.8.8 0 0 0-.8.8v10.8a.8.8 0 0 0 .8.8h8a.8.8 0 0 0 .8-.8V5.2zM9.2 2v3.4h3.4");
export const Picture = /* @__PURE__ */ icon("M2.8 2.8h10.4a.8.8 0 0 1 .8.8v8.8a.8.8 0 0 1-.8.8H2.8a.8.8 0 0 1-.8-.8V3.6a.8.8 0 0 1 .8-.8zM2.2 11.4l3.4-3.2 2.6 2.4 2.4-2 3.2 2.8M10.4 5.8v.1");
export const Menu = /* @__PURE__ */ icon("M2.4 4h11.2M2.4 8h11.2M2.4 12h11.2");
export const Block = /* @__PURE__ */ icon("M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM3.8 3.8l8.4 8.4");
export const Out = /* @__PURE__ */ icon("M6.4 2.4H3.2a.8.8 0 0 0-.8.8v9.6a.8.8 0 0 0 .8.8h3.2M6.4 8h7.4M10.8 5l3 3-3 3");
export const Move = /* @__PURE__ */ icon("M2.4 8h9.2M8.4 4.6 11.8 8l-3.4 3.4M14 3v10");
export const Link = /* @__PURE__ */ icon("M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.5-2.5a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.4 6.6a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7l.9-.9");
export const Play = /* @__PURE__ */ icon("M5 3v10l8-5z");
export const Thread = /* @__PURE__ */ icon("M8 1.6v4M8 10.4v4M8 10.4a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8z");
