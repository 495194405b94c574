"""The console's store as Node runs it: frames in, the state as one text out."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.parts.process import program

STORE = Path(__file__).resolve().parents[3] / "agent_ui" / "static" / "dist" / "store.mjs"

SCRIPT = """
import {{ apply, canonical, createState, lastSeqs, showConversation, showList, addEntries }} from "{store}";
const steps = JSON.parse(process.argv[1]);
const state = createState("open");
for (const [name, given] of steps) {{
  if (name === "frame") apply(state, given);
  if (name === "open") showConversation(state, given);
  if (name === "list") showList(state, given);
  if (name === "more") showList(state, given, true);
  if (name === "entries") addEntries(state, given.customer, given);
}}
const seen = state.conversation ? lastSeqs(state.conversation) : {{}};
console.log(JSON.stringify({{ state: canonical(state), seen, position: state.position }}));
"""

Step = tuple[str, dict[str, Any]]


def run(*steps: Step) -> dict[str, Any]:
    """What the store holds after these steps."""
    script = SCRIPT.format(store=STORE.as_uri())
    command = [program("node"), "--input-type=module", "--eval", script, json.dumps(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    result["state"] = json.loads(result["state"])
    return result
