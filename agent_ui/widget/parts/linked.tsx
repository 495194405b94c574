/** A text whose addresses can be followed: made of text nodes and links, never of markup. */

import type { ComponentChildren } from "preact";

const ADDRESS = /https?:\/\/[^\s<>"']+[^\s<>"'.,:;!?)\]}]/gi;

/** What is shown is where it leads: a host in look-alike letters stands there in its plain form. */
function shownAs(address: string, url: URL): string {
  return address.replace(/^(https?:\/\/)([^/?#]*)/i, (_, scheme: string) => scheme + url.host);
}

function linkTo(address: string): ComponentChildren {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer nofollow">
      {shownAs(address, url)}
    </a>
  );
}

export function Linked({ text }: { text: string }) {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    parts.push(text.slice(end, match.index), linkTo(match[0]));
    end = match.index + match[0].length;
  }
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  );
}
