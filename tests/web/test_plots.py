"""Plots of resources in a real browser that has no network."""

from __future__ import annotations

import html
import json
import re

import pytest
from web.browser import drawn

from torc_core.usage.series import JobUsage, Part
from torc_tui.plots.figures import job_figure
from torc_tui.plots.pages import embedded_library, library, library_file, page

NAME = "<b>x</b><a href=http://192.0.2.1>y</a></script><script>fetch('http://192.0.2.1')</script>"
STEPS = [0.0, 1.0, 2.0, 3.0]
USAGE = JobUsage(7, NAME, [Part(STEPS, [STEPS, STEPS, STEPS])])
WATCH = """
<script>
const refused = [];
addEventListener("securitypolicyviolation", (event) => refused.push(event.blockedURI));
addEventListener("load", () => setTimeout(async () => {
  const images = [];
  for (const format of ["png", "svg"]) {
    const url = await Plotly.toImage("plot", { format, width: 300, height: 200 });
    images.push(url.slice(0, url.search("[;,]")));
  }
  const asked = performance.getEntriesByType("resource").map((entry) => entry.name);
  document.body.dataset.watched = JSON.stringify({ asked, refused, images, title: document.title });
}, 5000));
</script>
"""


@pytest.fixture(params=["inside", "beside"])
def path(request, tmp_path):
    """A page with a plot, and a script that notes what the page asks for."""
    place = embedded_library()
    if request.param == "beside":
        place = library_file("a #1 %.js")
        (tmp_path / "a #1 %.js").write_text(library(), "utf-8")
    text = page(f"Job {USAGE.label}", job_figure(USAGE), place)
    path = tmp_path / "plot.html"
    path.write_text(text.replace("<title>", f"{WATCH}<title>"), "utf-8")
    return path


def test_a_page_draws_its_plot_and_asks_no_one_for_anything(path, tmp_path):
    found = drawn(path, tmp_path / "profile")
    watched = json.loads(html.unescape(re.search(r'data-watched="([^"]*)"', found)[1]))
    asked = [url for url in watched["asked"] if not url.startswith(("file:", "blob:", "data:"))]

    assert found.count('class="js-line"') >= 3
    assert asked == watched["refused"] == []
    assert watched["images"] == ["data:image/png", "data:image/svg+xml"]
    assert watched["title"] == f"Job 7: {NAME}"
    title = re.search(r'<text class="gtitle"[^>]*>([^<]*)<', found)[1]
    assert html.unescape(title).startswith("Job 7: <b>x</b><a href=http://192.0.2.1>y</a>")
    assert set(re.findall(r'data-title="(Download[^"]*|Share[^"]*)"', found)) == {
        "Download plot as a PNG",
        "Download plot as SVG",
    }
