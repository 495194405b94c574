"""Phone calls: noted in the console or reported by a telephone system. Nothing is sent by this channel."""

from __future__ import annotations

from hub.ports.channel import Account, Capabilities, Channel


class PhoneChannel(Channel):
    """What is said on the phone is written down by a colleague; the answer is given on the phone."""

    name = "phone"
    label = "Phone"
    address_kind = "phone"
    capabilities = Capabilities(reply=False, manual=True)

    def describe(self, account: Account) -> str:
        return account.label or "Phone"
