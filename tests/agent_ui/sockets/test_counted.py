"""Open sockets, as monitoring counts them."""

import httpx2

from hub.security import Actor
from tests.agent_ui.pages.conftest import until
from tests.agent_ui.sockets.conftest import Stage


async def counted(stage: Stage) -> set[str]:
    async with httpx2.AsyncClient(trust_env=False) as monitoring:
        text = (await monitoring.get(f"{stage.url}/metrics")).text
    return {line for line in text.splitlines() if line.startswith("onethread_sockets{")}


async def test_open_sockets_are_counted_by_their_kind_until_they_close(stage: Stage, mara: Actor) -> None:
    await stage.console(mara)
    await stage.console(mara)
    await stage.widget()

    assert await counted(stage) == {'onethread_sockets{kind="console"} 2.0', 'onethread_sockets{kind="widget"} 1.0'}
    await stage.lines.aclose()

    async def is_empty() -> bool:
        return await counted(stage) == {
            'onethread_sockets{kind="console"} 0.0',
            'onethread_sockets{kind="widget"} 0.0',
        }

    await until(is_empty)
