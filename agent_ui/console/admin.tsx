/** What administrators look after: colleagues and invitations, teams, canned replies, and how the accounts are. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Check, Plus, Warning } from "../shared/icons";
import { accounts, agents, call, canned, me, teams } from "./connection";
import { copy } from "./delivery";
import { Dialog, dialog } from "./dialog";
import { Choose, Field } from "./fields";
import { MenuButton, type MenuItem } from "./menu";
import type { Agent, Canned, Role, Team } from "./protocol";
import { FormDialog } from "./request-dialogs";
import { Group } from "./settings";
import { Avatar, channelName, channelSign } from "./signs";
import { named, t } from "./text";
import { done, orTell } from "./toasts";

const ROLES: readonly Role[] = ["store", "agent", "supervisor", "admin"];

function show(content: () => JSX.Element): void {
  dialog.value = content;
}

export function Colleagues(): JSX.Element {
  return (
    <Group title={t("settings.colleagues")}>
      <ul class="settings-list">
        {agents.value.filter((one) => !one.is_token).map((agent) => (
          <li key={agent.id} class={agent.disabled ? "settings-item off" : "settings-item"}>
            <Avatar name={agent.name} id={agent.id} />
            <span class="settings-words">
              <b dir="auto">{agent.name}</b>
              <span>{agent.email}</span>
            </span>
            <span class="settings-state">{agent.disabled ? t("agent.disabled") : t(`role.${agent.role}`)}</span>
            <MenuButton class="button small" label={t("agent.change", { name: agent.name })} items={() => agentItems(agent)}>
              {t("change")}
            </MenuButton>
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={() => show(() => <Invite />)}>
        <Plus size={14} />
        {t("agent.invite")}
      </button>
    </Group>
  );
}

function agentItems(agent: Agent): MenuItem[] {
  const self = agent.id === me.peek()?.id;
  return [
    ...ROLES.map((role) => ({
      label: t(`role.${role}`),
      chosen: role === agent.role,
      off: self,
      hint: self ? t("agent.self") : undefined,
      run: () => orTell(call("agent_change", { agent: agent.id, role })),
    })),
    {
      label: t(agent.disabled ? "agent.enable" : "agent.disable"),
      group: t("agent.access"),
      danger: !agent.disabled,
      off: self,
      run: () => orTell(call("agent_change", { agent: agent.id, disabled: !agent.disabled })),
    },
  ];
}

function Invite(): JSX.Element {
  const name = useSignal("");
  const email = useSignal("");
  const role = useSignal<string>("agent");
  const act = async () => {
    const { link } = await call<{ link: string }>("agent_invite", { name: name.value, email: email.value, role: role.value });
    // The form closes itself when this has returned; the link follows it.
    setTimeout(() => show(() => <InviteLink link={link} />));
  };
  return (
    <FormDialog title={t("agent.invite")} submit={t("agent.makelink")} act={act}>
      <Field label={t("agent.name")} value={name} required autofocus />
      <Field label={t("agent.email")} value={email} type="email" required />
      <Choose label={t("agent.role")} value={role} options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))} />
    </FormDialog>
  );
}

function InviteLink({ link }: { link: string }): JSX.Element {
  return (
    <Dialog title={t("agent.linktitle")}>
      <div class="form">
        <p>{t("agent.linkhint")}</p>
        <code class="link-box">{link}</code>
        <div class="form-foot">
          <button type="button" class="button primary" onClick={() => copy(link)}>
            {t("agent.copylink")}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

export function Teams(): JSX.Element {
  return (
    <Group title={t("settings.teams")} hint={t("teams.hint")}>
      <ul class="settings-list">
        {teams.value.map((team) => (
          <li key={team.id} class="settings-item">
            <span class="settings-words">
              <b dir="auto">{team.name}</b>
              <span>{membersOf(team)}</span>
            </span>
            <button type="button" class="button small" aria-label={t("teams.change", { name: team.name })} onClick={() => show(() => <TeamForm team={team} />)}>
              {t("change")}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={() => show(() => <TeamForm team={null} />)}>
        <Plus size={14} />
        {t("teams.new")}
      </button>
    </Group>
  );
}

function membersOf(team: Team): string {
  return agents.value
    .filter(({ id }) => team.agents.includes(id))
    .map(({ name }) => name)
    .join(", ");
}

function TeamForm({ team }: { team: Team | null }): JSX.Element {
  const name = useSignal(team?.name ?? "");
  const members = useSignal<readonly number[]>(team?.agents ?? []);
  const act = () => call("team", { ...(team ? { id: team.id } : {}), name: name.value, agents: members.value });
  const toggle = (id: number, on: boolean) => {
    members.value = on ? [...members.value, id] : members.value.filter((one) => one !== id);
  };
  return (
    <FormDialog title={team ? team.name : t("teams.new")} submit={t("save")} act={act}>
      <Field label={t("agent.name")} value={name} required autofocus />
      <fieldset class="checks">
        <legend>{t("teams.members")}</legend>
        {agents.value
          .filter((one) => !one.disabled && !one.is_token)
          .map((one) => (
            <label key={one.id} class="check">
              <input
                type="checkbox"
                checked={members.value.includes(one.id)}
                onChange={(event) => toggle(one.id, event.currentTarget.checked)}
              />
              {one.name}
            </label>
          ))}
      </fieldset>
      {team && (
        <div>
          <button type="button" class="button danger small" aria-describedby="team-remove-why" onClick={() => removeTeam(team)}>
            {t("teams.remove")}
          </button>
          <p class="field-hint" id="team-remove-why">
            {t("teams.removewhy")}
          </p>
        </div>
      )}
    </FormDialog>
  );
}

/** Its requests keep its number, so that bringing it back brings all of it back. */
function removeTeam({ id, name, agents: members }: Team): void {
  dialog.value = null;
  const restore = () => orTell(call("team", { id, name, agents: members }));
  orTell(call("team", { id, gone: true }).then(() => done(t("teams.removed", { name }), restore)));
}

export function CannedReplies(): JSX.Element {
  return (
    <Group title={t("settings.canned")} hint={t("canned.hint")}>
      <ul class="settings-list">
        {canned.value.map((one) => (
          <li key={one.id} class="settings-item">
            <span class="settings-words">
              <b dir="auto">{one.name}</b>
              <span dir="auto" class="one-line">
                {one.text}
              </span>
            </span>
            <button type="button" class="button small" aria-label={t("canned.change", { name: one.name })} onClick={() => show(() => <CannedForm one={one} />)}>
              {t("change")}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={() => show(() => <CannedForm one={null} />)}>
        <Plus size={14} />
        {t("canned.new")}
      </button>
    </Group>
  );
}

function CannedForm({ one }: { one: Canned | null }): JSX.Element {
  const name = useSignal(one?.name ?? "");
  const text = useSignal(one?.text ?? "");
  const act = () => call("canned", { ...(one ? { id: one.id } : {}), name: name.value, text: text.value });
  return (
    <FormDialog title={one ? one.name : t("canned.new")} submit={t("save")} act={act}>
      <Field label={t("agent.name")} value={name} required autofocus />
      <Field label={t("canned.text")} value={text} lines={6} required hint={t("canned.gaps")} />
      {one && (
        <p>
          <button type="button" class="button danger small" onClick={() => removeCanned(one)}>
            {t("canned.remove")}
          </button>
        </p>
      )}
    </FormDialog>
  );
}

function removeCanned({ id, name, text, language }: Canned): void {
  dialog.value = null;
  const restore = () => orTell(call("canned", { id, name, text, language }));
  orTell(call("canned", { id, gone: true }).then(() => done(t("canned.removed", { name }), restore)));
}

export function Accounts(): JSX.Element {
  return (
    <Group title={t("settings.accounts")} hint={t("accounts.hint")}>
      <ul class="settings-list">
        {accounts.value.map((account) => {
          const Sign = channelSign(account.channel);
          const fine = !account.state_reason && account.state !== "failing";
          return (
            <li key={account.id} class="settings-item">
              <Sign size={20} />
              <span class="settings-words">
                <b dir="auto">{account.address || account.label || account.name}</b>
                <span>
                  {channelName(account.channel)} · {account.name}
                  {account.state_reason && ` · ${account.state_reason}`}
                </span>
              </span>
              <span class={fine ? "settings-state good" : "settings-state bad"}>
                {fine ? <Check size={14} /> : <Warning size={14} />}
                {named("accountstate", account.state)}
              </span>
            </li>
          );
        })}
      </ul>
    </Group>
  );
}
