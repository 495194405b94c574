/** The panel's head: where one is, when somebody answers, and the way back, to the menu and out. */

import { useEffect, useRef } from "preact/hooks";
import { Back, Close } from "../../shared/icons";
import { byTouch, framed, t } from "../page";
import { close } from "../shop";
import { account, entered, goTo, hours, letter, looking, pace, person, place } from "../state";
import { Menu } from "./menu";

function title(): string {
  const { label, brand } = account.value;
  const name = brand.logo_text || label || t("chat");
  if (place.value === "home") return name;
  return letter.value ? t("letter_title") : person.value || name;
}

export function Header() {
  const heading = useRef<HTMLHeadingElement>(null);
  const inThread = place.value === "thread";
  const initial = inThread && !letter.value ? person.value.slice(0, 1) : "";

  // Whoever opens the panel begins at its name; a thread begins at its field, where that brings up no keyboard.
  useEffect(() => {
    if (looking.value && (byTouch || place.value === "home")) heading.current?.focus();
  }, [looking.value, place.value, entered.value]);

  return (
    <header>
      {inThread && (
        <button type="button" class="quiet" aria-label={t("back")} onClick={() => goTo("home")}>
          <Back size={20} />
        </button>
      )}
      {initial && (
        <span class="initial" aria-hidden="true">
          {initial}
        </span>
      )}
      <div class="names">
        <h1 id="title" ref={heading} tabIndex={-1} dir="auto">
          {title()}
        </h1>
        <p>{(inThread && hours.value.now && pace.value) || hours.value.text}</p>
      </div>
      <Menu />
      {framed && (
        <button type="button" class="quiet" aria-label={t("close")} onClick={close}>
          <Close size={20} />
        </button>
      )}
    </header>
  );
}
