/** What is needed seldom: sound, another address, and making this browser forget the chat. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Bell, Mail, More, Out } from "../../shared/icons";
import { t } from "../page";
import { leave } from "../shop";
import { goTo, me, messages, sound } from "../state";
import { browser } from "../storage";
import { asking } from "./address";

function turnSound(): void {
  sound.value = !sound.value;
  browser.put("sound", sound.value ? "" : "off");
}

export function Menu() {
  const open = useSignal(false);
  const around = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const question = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    if (!open.value) return;
    const leaveMenu = (event: Event) => {
      if (!around.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener("pointerdown", leaveMenu);
    document.addEventListener("focusin", leaveMenu);
    return () => {
      document.removeEventListener("pointerdown", leaveMenu);
      document.removeEventListener("focusin", leaveMenu);
    };
  }, [open.value]);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !open.value) return;
    event.stopPropagation();
    open.value = false;
    button.current?.focus();
  }

  function ask(): void {
    open.value = false;
    question.current?.showModal();
  }

  function changeAddress(): void {
    open.value = false;
    goTo("thread");
    asking.value = true;
  }

  return (
    <div class="menu" ref={around} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        class="quiet"
        aria-label={t("menu")}
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        <More size={20} />
      </button>
      {open.value && (
        <div class="choices">
          <button type="button" aria-pressed={sound.value} onClick={turnSound}>
            <Bell /> {t("sound")} <span class="side">{t(sound.value ? "sound_on" : "sound_off")}</span>
          </button>
          {!me.value.identified && messages.value.length > 0 && (
            <button type="button" onClick={changeAddress}>
              <Mail /> {t("address_menu")} {me.value.email_hint && <span class="side">{me.value.email_hint}</span>}
            </button>
          )}
          <button type="button" onClick={ask}>
            <Out /> {t("forget")}
          </button>
        </div>
      )}
      <dialog ref={question} aria-labelledby="forget-title" onKeyDown={(event) => event.stopPropagation()} onClose={() => button.current?.focus()}>
        <form method="dialog">
          <h2 id="forget-title">{t("forget_title")}</h2>
          <p>{t("forget_text")}</p>
          <div class="actions">
            <button type="submit" class="plain">
              {t("forget_no")}
            </button>
            <button type="submit" class="risky" onClick={() => void leave()}>
              {t("forget_yes")}
            </button>
          </div>
        </form>
      </dialog>
    </div>
  );
}
