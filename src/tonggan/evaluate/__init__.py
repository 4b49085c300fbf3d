"""Stage: is it better, and how sure are we. In: a search, judged queries. Out: measures with intervals and chance.

A search is any callable from an EvaluationQuery and a depth to product ids, best first, so the same code judges the
whole shop, one channel, or a run of another system. `files.py` and `trec.py` read and write what others use,
`measures.py` is the formulas, `chance.py` what a random order would score, `statistics.py` the certainty,
`experiment.py` the trial itself, `report.py` its table for people. `compare.py` sets two trials side by side, with
`html_report.py` and `plots.py` as their page; `classification.py` judges yes-or-no decisions. `interchange.py` reads
and writes judgments of other systems (`quepid.py`, `opensearch.py`), `clicks.py` makes them from logs (`events.py`).
"""

from __future__ import annotations

from tonggan.evaluate.experiment import Comparison, Evaluation, MeasureResult, Search, evaluate, evaluate_rows
from tonggan.evaluate.files import QrelsFile, QueryFile, read_qrels, read_queries
from tonggan.evaluate.judgments import EvaluationQuery, Qrels, Run
from tonggan.evaluate.measures import Measure, parse_measure, parse_measures
from tonggan.evaluate.report import evaluation_table
from tonggan.evaluate.trec import read_run, write_run

__all__ = [
    "Comparison",
    "Evaluation",
    "EvaluationQuery",
    "Measure",
    "MeasureResult",
    "Qrels",
    "QrelsFile",
    "QueryFile",
    "Run",
    "Search",
    "evaluate",
    "evaluate_rows",
    "evaluation_table",
    "parse_measure",
    "parse_measures",
    "read_qrels",
    "read_queries",
    "read_run",
    "write_run",
]
