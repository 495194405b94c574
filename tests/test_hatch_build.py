"""What `pip install .` installs is the whole product: the wheel alone serves pages, scripts, chat and API."""

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import httpx2
import pytest

from tests.parts.command_line import running_hub

ROOT = Path(__file__).parent.parent
NOT_PACKED = shutil.ignore_patterns(".*", "node_modules", "data", "build", "dist", "tests", "__pycache__")


@pytest.fixture(name="wheel", scope="module")
def build_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the checkout, without the browser bundle that lies there."""
    folder = tmp_path_factory.mktemp("wheel")
    source = Path(shutil.copytree(ROOT, folder / "source", ignore=NOT_PACKED))
    shutil.copy(ROOT / ".npmrc", source)
    (source / "node_modules").symlink_to(ROOT / "node_modules")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = folder.glob("*.whl")
    return wheel


def test_a_wheel_holds_the_product_and_not_its_sources_for_browsers(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()

    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {
        "hub",
        "connectors",
        "agent_ui",
        "bench",
        "demo",
        "migrations",
        "run.py",
    }
    assert not [name for name in names if name.endswith((".ts", ".tsx", "store.mjs"))]
    assert "agent_ui/static/dist/manifest.json" in names
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]


def test_a_hub_of_the_wheel_serves_all_there_is(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    ZipFile(wheel).extractall(installed)

    with (
        running_hub(tmp_path / "data", run=installed / "run.py") as hub,
        httpx2.Client(base_url=hub.url, headers={"accept": "text/html"}, follow_redirects=True) as browser,
    ):
        assert hub.setup_link is not None
        pages = [browser.get(path) for path in (hub.setup_link, "/widget/frame", "/widget.js", "/api/v1/openapi.json")]
        assets = {name for page in pages[:2] for name in page.text.split('"') if name.startswith("/static/")}
        answers = [*pages, *(browser.get(name) for name in assets)]

        assert [answer.status_code for answer in answers] == [200] * len(answers)
        assert {Path(name).suffix for name in assets} == {".css", ".js"}
