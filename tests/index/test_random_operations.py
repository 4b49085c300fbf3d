"""Any sequence of writes and questions: `zvec` and `exact` agree."""

from __future__ import annotations

import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from index.index_questions import assert_same_match, assert_same_neighbours, assert_same_selection
from index.index_shop import BRANDS, DIM, SCHEMA, WORDS, make_entry
from tonggan.index import compaction, index_adapter
from tonggan.index.zvec_index import ZvecIndex
from tonggan.records import AllOf, AnyOf, Condition, Filter, Not

NUMBERS = st.integers(0, 60)

CONDITIONS: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Condition, st.just("brand"), st.sampled_from(["=", "!=", "~"]), st.tuples(st.sampled_from(BRANDS))),
    st.builds(Condition, st.just("tags"), st.sampled_from(["=", "!="]), st.tuples(st.text(max_size=5))),
    st.builds(Condition, st.just("name"), st.just("~"), st.tuples(st.sampled_from([*WORDS, "re", "裙", "++"]))),
    st.builds(
        Condition,
        st.just("price"),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.tuples(NUMBERS.map(str)),
    ),
    st.builds(Condition, st.just("price"), st.just(".."), st.tuples(NUMBERS.map(str), NUMBERS.map(str))),
    st.builds(
        Condition, st.just("id"), st.sampled_from(["=", "!="]), st.lists(NUMBERS.map("p{:04}".format)).map(tuple)
    ),
)

FILTERS = st.recursive(
    CONDITIONS,
    lambda part: st.one_of(
        st.builds(Not, part),
        st.builds(AllOf, st.lists(part, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(part, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


class TwoIndexes(RuleBasedStateMachine):
    """Writes go to both adapters; questions have one answer."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.index = ZvecIndex.create(f"{self.folder.name}/zvec", SCHEMA)
        self.oracle = index_adapter("exact").create(f"{self.folder.name}/exact", SCHEMA)
        self.position = 0
        self.write(set(range(20)), 0, set())

    @rule(numbers=st.sets(NUMBERS, max_size=12), seed=st.integers(0, 3), deleted=st.sets(NUMBERS, max_size=5))
    def write(self, numbers: set[int], seed: int, deleted: set[int]) -> None:
        self.position += 1
        entries = [make_entry(number, seed=seed) for number in sorted(numbers)]
        for one in (self.index, self.oracle):
            one.apply(entries, [f"p{number:04}" for number in sorted(deleted)], position=self.position)

    @rule()
    def optimize(self) -> None:
        self.index.optimize(wait=True)

    @rule(is_compacting=st.booleans())
    def reopen(self, is_compacting: bool) -> None:
        compaction.DEAD_AT_LEAST = 1 if is_compacting else 1000
        self.index.checkpoint()
        self.index.close()
        self.index = ZvecIndex.open(f"{self.folder.name}/zvec", SCHEMA)

    @rule(tree=FILTERS)
    def filter(self, tree: Filter) -> None:
        assert_same_selection(self.index.view(), self.oracle.view(), tree)

    @rule(
        terms=st.dictionaries(st.sampled_from([*WORDS, "unheard"]), st.floats(0, 3), max_size=10),
        fields=st.sampled_from([(), ("title",), ("title", "description")]),
    )
    def match(self, terms: dict[str, float], fields: tuple[str, ...]) -> None:
        assert_same_match(self.index.view(), self.oracle.view(), terms, fields, tolerance=0.02)

    @rule(number=NUMBERS)
    def nearest(self, number: int) -> None:
        vector = make_entry(number).vectors["text"]
        assert len(vector) == DIM
        assert_same_neighbours(self.index.view(), self.oracle.view(), "text", vector)

    @invariant()
    def agree_on_who_is_there(self) -> None:
        view, oracle = self.index.view(), self.oracle.view()
        assert sorted(view.ids(view.select())) == sorted(oracle.ids(oracle.select()))

    def teardown(self) -> None:
        compaction.DEAD_AT_LEAST = 1000
        self.index.close()
        self.oracle.close()
        self.folder.cleanup()


TestTwoIndexes = TwoIndexes.TestCase
TestTwoIndexes.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
