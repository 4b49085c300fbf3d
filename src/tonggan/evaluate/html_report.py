"""A comparison as one page of HTML: no script, no file beside it, text escaped, light and dark as the reader has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from tonggan.evaluate.compare import QueryDifference, SideBySide
from tonggan.evaluate.plots import bars, histogram, interval_bar, scatter

LISTED = 25
"""Queries that won, and as many that lost, that are listed with both rankings."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The page asks its reader's browser to load nothing and run nothing."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2128; --paper: #ffffff; --soft: #f2f4f7; --line: #d5dae1; --dim: #5b6470;
        --better: #1f7a49; --worse: #b23f2b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --paper: #14171c; --soft: #1f242c; --line: #39414d; --dim: #9aa5b3;
          --better: #5cc48d; --worse: #f08a75; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1140px; padding: 24px 20px 60px; background: var(--paper); color: var(--ink);
       font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "PingFang SC",
       "Microsoft YaHei", sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 4px; } h2 { font-size: 1.15rem; margin: 36px 0 8px; }
p.verdict { font-size: 1.05rem; padding: 10px 14px; background: var(--soft); border-left: 4px solid var(--dim); }
p.verdict.better { border-color: var(--better); } p.verdict.worse { border-color: var(--worse); }
p.dim, li.dim, caption, figcaption { color: var(--dim); font-size: .88rem; }
.wide { overflow-x: auto; } .wide + .wide, .wide + .plots { margin-top: 16px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 8px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; font-size: .86rem; } td.n, th.n { text-align: right; white-space: nowrap; }
td .interval { color: var(--dim); font-size: .82rem; display: block; }
.better { color: var(--better); } .worse { color: var(--worse); } p.verdict { color: var(--ink); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 20px; }
.plots figure { max-width: 520px; }
figure { margin: 0; min-width: 0; } figure svg { width: 100%; height: auto; }
ol { margin: 0; padding-left: 1.3em; } ol li { overflow-wrap: anywhere; } dt { font-weight: 600; }
dd { margin: 0 0 8px; color: var(--dim); }
li.only { font-weight: 600; }
"""


def comparison_page(found: SideBySide, *, titles: Mapping[str, str] | None = None, listed: int = LISTED) -> str:
    """Return the page; `titles` name products by id where they are known."""
    heading = f"{found.first.name} against {found.second.name}"
    parts = [
        *_head(found),
        *_measures(found),
        *_plots(found),
        *_queries("Won most with B", found.won, titles=titles or {}, listed=listed),
        *_queries("Lost most with B", found.lost, titles=titles or {}, listed=listed),
        *_formulas(found),
    ]
    return page(heading, parts)


def page(heading: str, parts: Iterable[str]) -> str:
    """Return a whole page around parts that are HTML already."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
            f"<title>{escape(heading)}</title><style>{STYLE}</style></head><body>",
            *parts,
            "</body></html>\n",
        ]
    )


def figure(plot: str, caption: str) -> str:
    """Return a plot with what it shows below it."""
    return f"<figure>{plot}<figcaption>{escape(caption)}</figcaption></figure>"


def with_interval(mean: float, low: float, high: float, *, sign: str = "") -> str:
    """Return a mean above its interval, for a cell of a table; a `sign` of + is shown on gains too."""
    told = (format(value, f"{sign}.4f") for value in (mean, low, high))
    return '{}<span class="interval">{} .. {}</span>'.format(*told)


def _head(found: SideBySide) -> Iterator[str]:
    gain = found.measures[0].difference
    kind = "better" if gain.low > 0 else "worse" if gain.high < 0 else "open"
    yield f"<h1>A: {escape(found.first.name)} &nbsp;·&nbsp; B: {escape(found.second.name)}</h1>"
    yield (
        f'<p class="dim">{len(found.queries):,} judged queries, {found.first.product_count:,} products. '
        "A difference is B less A on the same query.</p>"
    )
    yield f'<p class="verdict {kind}">{escape(found.verdict)}</p>'


def _measures(found: SideBySide) -> Iterator[str]:
    reach = max(max(abs(each.difference.low), abs(each.difference.high)) for each in found.measures)
    yield "<h2>Measures</h2><div class='wide'><table><thead><tr><th>measure</th>"
    numeric = ("A", "B", "chance", "B - A", "p", "won", "lost", "tied", "queries")
    yield "".join(f'<th class="n">{name}</th>' for name in numeric) + "<th>interval of B - A</th></tr></thead><tbody>"
    for each in found.measures:
        gain, ends = each.difference, each.outcomes
        kind = "better" if gain.low > 0 else "worse" if gain.high < 0 else ""
        cells = [
            with_interval(each.first.mean, each.first.low, each.first.high),
            with_interval(each.second.mean, each.second.low, each.second.high),
            f"{each.first.random:.4f}",
            f'<span class="{kind}">{gain.mean:+.4f}</span>'
            f'<span class="interval">{gain.low:+.4f} .. {gain.high:+.4f}</span>',
            f"{gain.p_value:.4f}",
            *(f"{ends[name]:,}" for name in ("wins", "losses", "ties")),
            f"{gain.queries:,}",
        ]
        yield f"<tr><td>{escape(each.measure.name)}</td>" + "".join(f'<td class="n">{cell}</td>' for cell in cells)
        yield f"<td>{interval_bar(gain.mean, gain.low, gain.high, reach=reach)}</td></tr>"
    yield "</tbody></table></div>"


def _plots(found: SideBySide) -> Iterator[str]:
    name = found.measures[0].measure.name
    labels = [each.text or each.query_id for each in found.queries]
    gains = [each.gain for each in found.queries]
    first, second = [each.first for each in found.queries], [each.second for each in found.queries]
    yield f"<h2>Query by query: {escape(name)}</h2>"
    yield figure(
        bars(gains, labels=labels, value_label=f"gain in {name}"), "Each bar is one query; rest the pointer on it."
    )
    yield '<div class="plots">'
    names = (f"A, {found.first.name}", f"B, {found.second.name}")
    told = "Above the diagonal B is better."
    yield figure(scatter(first, second, labels=labels, names=names, measure=name), told)
    yield figure(histogram(gains, value_label=f"gain in {name}"), "How many queries gain how much.")
    yield "</div>"


def _queries(
    heading: str, queries: Sequence[QueryDifference], *, titles: Mapping[str, str], listed: int
) -> Iterator[str]:
    yield f"<h2>{escape(heading)}</h2>"
    if not queries:
        yield '<p class="dim">None.</p>'
        return
    yield "<div class='wide'><table><thead><tr><th>query</th><th class='n'>A</th><th class='n'>B</th>"
    yield "<th class='n'>B - A</th><th>first of A</th><th>first of B</th></tr></thead><tbody>"
    for each in queries[:listed]:
        kind = "better" if each.gain > 0 else "worse"
        values = f'<td class="n">{each.first:.3f}</td><td class="n">{each.second:.3f}</td>'
        yield f"<tr><td>{escape(each.text or each.query_id)}</td>{values}"
        yield f'<td class="n {kind}">{each.gain:+.3f}</td>'
        yield f"<td>{_ranking(each.first_top, each.second_top, titles)}</td>"
        yield f"<td>{_ranking(each.second_top, each.first_top, titles)}</td></tr>"
    yield "</tbody></table></div>"
    if len(queries) > listed:
        yield f'<p class="dim">{len(queries) - listed:,} more.</p>'


def _ranking(ranking: Sequence[str], other: Sequence[str], titles: Mapping[str, str]) -> str:
    lines = (f"<li{'' if each in other else ' class=only'}>{escape(titles.get(each) or each)}</li>" for each in ranking)
    return f"<ol>{''.join(lines)}</ol>" if ranking else "nothing"


def _formulas(found: SideBySide) -> Iterator[str]:
    yield "<h2>How it is computed</h2><dl>"
    for each in found.measures:
        yield f"<dt>{escape(each.measure.name)}</dt><dd>{escape(each.measure.formula)}.</dd>"
    yield "</dl>"
    yield (
        '<p class="dim">Intervals: percentile bootstrap over queries, 95 %, 10,000 draws. p: two-sided permutation '
        "test of the paired differences. Chance: the expected figure of a random order of all products. "
        "Products in bold are among the first of one side only.</p>"
    )
