"""What `learn rank` found as one page of HTML, for those who decide whether to trust it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from tonggan.evaluate.html_report import figure, page, with_interval
from tonggan.evaluate.plots import interval_bar, interval_rows, reliability_plot, roc_plot
from tonggan.learn.rank.own_shop import ShopRanking
from tonggan.learn.rank.table import DEFAULT, LearntRanking
from tonggan.learn.relevance import RelevanceReport

HEADING = "Learnt ranking"

FORMULAS = (
    ("Gain", "The mean over queries of a row's figure less that of the default merge on the same query."),
    (
        "Held out",
        "Five folds by a seeded hash of the query: four teach, one judges, in turn; several draws are averaged.",
    ),
    ("Interval, p", "Percentile bootstrap over queries, 95 %, 10,000 draws; two-sided permutation test of the gains."),
)

DECISION_FORMULAS = (
    ("Precision, recall", "TP / (TP + FP) and TP / (TP + FN), where positive is the decision that nothing fits."),
    ("F1", "2 TP / (2 TP + FP + FN)."),
    ("AUC", "The chance that a query without an answer is doubted more than one with an answer, ties counting half."),
    ("Brier score", "The mean of (probability - outcome) squared; 0 is best."),
)

CLICK_FORMULAS = (
    ("Examination", "The chance that position k is looked at, beside the first: k to the minus power."),
    ("Effective clicks", "The square of the sum of weights over the sum of their squares [Kish 1965]."),
    ("COEC", "Clicks over the clicks that the same positions draw on average [Zhang & Jones 2007], both plus 1."),
)


def ranking_page(found: ShopRanking) -> str:
    """Return the page; it loads nothing and runs nothing."""
    ranking = found.ranking
    parts = [*_head(found), *_rows(ranking), *_decision(found.relevance, left_out=found.relevance_left_out)]
    if found.clicks is not None:
        parts += _clicks(found.clicks.as_json())
    measure = found.as_json()
    formulas = [(str(measure["measure"]), f"{measure['formula']}."), *FORMULAS]
    formulas += DECISION_FORMULAS if found.relevance else ()
    formulas += CLICK_FORMULAS if found.clicks else ()
    return page(HEADING, [*parts, *_formulas(formulas)])


def _head(found: ShopRanking) -> Iterator[str]:
    ranking = found.ranking
    kind = "better" if ranking.choice.is_changed else "open"
    judged = "graded by clicks" if found.is_judged_by_clicks else "judged"
    also = f", {ranking.click_queries:,} more taught by clicks" if ranking.click_queries else ""
    used = f"Version {found.version} is used." if found.version else "Nothing was changed."
    yield f"<h1>{HEADING}</h1>"
    yield (
        f'<p class="dim">{ranking.queries:,} {judged} queries{also}; {ranking.skipped:,} had no product of grade '
        f"above 0. Draws of the five folds: {len(ranking.seeds)}.</p>"
    )
    yield f'<p class="verdict {kind}">{escape(ranking.choice.reason)} {escape(used)}</p>'


def _rows(ranking: LearntRanking) -> Iterator[str]:
    told, default = ranking.as_json(), ranking.row(DEFAULT)
    gains = {row.name: row.gain(default) for row in ranking.rows}
    reach = max(max(abs(gain.low), abs(gain.high)) for gain in gains.values())
    yield f"<h2>Ways of ranking: {escape(told['measure'])}, held out</h2><div class='wide'><table><thead><tr>"
    yield "<th>row</th>" + "".join(f'<th class="n">{name}</th>' for name in (told["measure"], f"gain over {DEFAULT}"))
    yield '<th class="n">p</th><th>interval of the gain</th></tr></thead><tbody>'
    for row in ranking.rows:
        gain, own = gains[row.name], row.interval
        mark = " (used)" if row.name == ranking.choice.used else ""
        yield f'<tr><td>{escape(row.name)}{mark}</td><td class="n">{with_interval(own.mean, own.low, own.high)}</td>'
        if row.name == DEFAULT:
            yield '<td class="n"></td><td class="n"></td><td></td></tr>'
            continue
        yield f'<td class="n">{with_interval(gain.mean, gain.low, gain.high, sign="+")}</td>'
        yield f'<td class="n">{gain.p_value:.4f}</td>'
        yield f"<td>{interval_bar(gain.mean, gain.low, gain.high, reach=reach)}</td></tr>"
    yield "</tbody></table></div>"
    yield from (
        f'<p class="dim">{escape(name)} is left out: {escape(why)}</p>' for name, why in told["left_out"].items()
    )
    bars = interval_rows(
        [(row.name, row.interval) for row in ranking.rows],
        value_label=f"{told['measure']}, held out",
        reference=default.interval.mean,
    )
    yield figure(bars, f"The upright line is {DEFAULT}, the default merge; lines across are 95 % intervals.")


def _decision(report: RelevanceReport | None, *, left_out: str) -> Iterator[str]:
    yield "<h2>When nothing fits, held out</h2>"
    if report is None:
        yield f'<p class="dim">Not learnt: {escape(left_out)}</p>'
        return
    told = report.as_json()
    yield f'<p class="dim">{report.queries:,} queries, {report.unanswerable:,} of them without an answer.</p>'
    yield "<div class='wide'><table><thead><tr><th></th><th class='n'>nothing fits</th>"
    yield "<th class='n'>something fits</th>"
    yield "</tr></thead><tbody>"
    decided = report.decided
    for said, ours, others in (
        ("said: nothing fits", decided.true_positives, decided.false_positives),
        ("said: something fits", decided.false_negatives, decided.true_negatives),
    ):
        yield f'<tr><td>{said}</td><td class="n">{ours:,}</td><td class="n">{others:,}</td></tr>'
    yield "</tbody></table></div>"
    auc = told["auc"]
    figures = {"AUC": f"{auc['mean']:.3f} ({auc['low']:.3f} .. {auc['high']:.3f})", "Brier score": told["brier"]}
    figures |= {name.capitalize(): f"{told[name]:.3f}" for name in ("accuracy", "precision", "recall", "f1")}
    yield _table(figures)
    yield '<div class="plots">'
    yield figure(roc_plot(report.curve), "Every threshold: doubted rightly against doubted wrongly.")
    yield figure(reliability_plot(report.bins), "Promised probability that something fits against what came true.")
    yield "</div>"


def _clicks(told: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Clicks</h2>"
    power = "not known" if told["power"] is None else f"{told['power']:.2f}"
    yield _table(
        {
            "impressions": f"{told['impressions']:,}",
            "clicks": f"{told['clicks']:,}, {told['clicks_used']:,} used",
            "power of examination": power,
            "effective clicks": f"{told['effective']:,.0f}",
            "share of clicks whose weight is held back": f"{told['clipped_share']:.1%}",
            "greatest weight": f"{told['greatest_weight']:.1f}",
            **{f"refused: {reason}": f"{count:,}" for reason, count in told["refused"].items()},
        }
    )
    if told["problem"]:
        yield f'<p class="dim">{escape(told["problem"])}</p>'


def _table(figures: Mapping[str, Any]) -> str:
    cells = "".join(f'<tr><td>{escape(name)}</td><td class="n">{value}</td></tr>' for name, value in figures.items())
    return f"<div class='wide'><table><tbody>{cells}</tbody></table></div>"


def _formulas(formulas: list[tuple[str, str]]) -> Iterator[str]:
    yield "<h2>How it is computed</h2><dl>"
    yield from (f"<dt>{escape(name)}</dt><dd>{escape(told)}</dd>" for name, told in formulas)
    yield "</dl>"
