"""Filters and sorts: what each form means, what a bad one says, and that writing and reading agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonggan.errors import InputError
from tonggan.records import AllOf, AnyOf, Condition, Filter, Not, SortKey
from tonggan.understand.filters import MAX_DEPTH, MAX_LENGTH, filter_text, parse_filter, parse_sort

A, B, C = (Condition(name, "=", ("1",)) for name in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("brand:sony", Condition("brand", "~", ("sony",))),
        ("brand:=Sony", Condition("brand", "=", ("Sony",))),
        ("brand:!=Sony", Condition("brand", "!=", ("Sony",))),
        ("brand:!sony", Not(Condition("brand", "~", ("sony",)))),
        ("brand:[a,b]", Condition("brand", "~", ("a", "b"))),
        ("brand:=[Apple,Sony]", Condition("brand", "=", ("Apple", "Sony"))),
        ("brand:!=[a,b]", Condition("brand", "!=", ("a", "b"))),
        ("brand:![a,b]", Not(Condition("brand", "~", ("a", "b")))),
        ("price:>100", Condition("price", ">", ("100",))),
        ("price:>=100.5", Condition("price", ">=", ("100.5",))),
        ("price:<-2", Condition("price", "<", ("-2",))),
        ("price:<=1e3", Condition("price", "<=", ("1e3",))),
        ("price:=100", Condition("price", "=", ("100",))),
        ("price:[100..200]", Condition("price", "..", ("100", "200"))),
        ("price:=[100..200]", Condition("price", "..", ("100", "200"))),
        ("price:!=[100..200]", Not(Condition("price", "..", ("100", "200")))),
        ("price:[-.5 .. 2]", Condition("price", "..", ("-.5", "2"))),
        ("price:[10..20,40]", AnyOf((Condition("price", "..", ("10", "20")), Condition("price", "=", ("40",))))),
        (
            "price:[40, 10..20, 50, >90]",
            AnyOf(
                (
                    Condition("price", "..", ("10", "20")),
                    Condition("price", ">", ("90",)),
                    Condition("price", "=", ("40", "50")),
                )
            ),
        ),
        (
            "price:!=[10..20,40]",
            Not(AnyOf((Condition("price", "..", ("10", "20")), Condition("price", "=", ("40",))))),
        ),
        ("attributes.颜色:=红色", Condition("attributes.颜色", "=", ("红色",))),
        ("`attributes.Screen size`:=15", Condition("attributes.Screen size", "=", ("15",))),
    ],
)
def test_each_form_means(text: str, tree: Filter):
    assert parse_filter(text) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("t:= red dress ", "red dress"),
        ("t:=红色 连衣裙", "红色 连衣裙"),
        ("t:=10:30", "10:30"),
        ("t:=https://shop.example/a?b=1", "https://shop.example/a?b=1"),
        ("t:=AT&T | Co", "AT&T | Co"),
        ("t:=5\" O'Neill", "5\" O'Neill"),
        ("t:=iPhone (2024)", "iPhone (2024)"),
        ("(t:=iPhone (2024))", "iPhone (2024)"),
        ("t:=a,b", "a,b"),
        ("t:=`a && b || (c] :=[`", "a && b || (c] :=["),
        ("t:=` a `", " a "),
        ("t:=`say ``hi```", "say `hi`"),
        ("t:=`' OR 1=1; --`", "' OR 1=1; --"),
        ("t:=wait..what", "wait..what"),
    ],
)
def test_values_hold(text: str, value: str):
    assert parse_filter(text) == Condition("t", "=", (value,))


def test_quoted_list_values_hold_commas_brackets_and_dots():
    assert parse_filter("t:=[`a,b`, `c]`, `1..2`]") == Condition("t", "=", ("a,b", "c]", "1..2"))


def test_and_binds_more_than_or():
    assert parse_filter("a:=1 || b:=1 && c:=1") == AnyOf((A, AllOf((B, C))))
    assert parse_filter("(a:=1 || b:=1) && c:=1") == AllOf((AnyOf((A, B)), C))


def test_a_bracketed_part_is_negated():
    assert parse_filter("!(a:=1 && b:=1) || c:=1") == AnyOf((Not(AllOf((A, B))), C))


def test_white_space_changes_nothing():
    spaced = " ( a : = 1||b\t:= 1 )\n&&c:=1 "
    assert parse_filter(spaced) == parse_filter("(a:=1 || b:=1) && c:=1")
    assert parse_filter("price : [ 10 .. 20 , 40 ]") == parse_filter("price:[10..20,40]")


def test_full_width_signs_and_digits_mean_the_same():
    assert parse_filter("品牌：=[苹果，索尼]") == Condition("品牌", "=", ("苹果", "索尼"))
    assert parse_filter("价格：<２００") == Condition("价格", "<", ("200",))


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_nothing_is_no_filter_and_no_sort(text: str):
    assert parse_filter(text) is None
    assert parse_sort(text) == ()


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("brand", 6, "':' after the field 'brand'"),
        ("brand=Sony", 6, "':' after the field 'brand'"),
        (":=Sony", 1, "a field name"),
        ("brand:", 7, "a value"),
        ("brand:=", 8, "a value"),
        ("brand:= && a:=1", 9, "a value"),
        ("brand:=[a,]", 11, "a value"),
        ("brand:=[]", 9, "a value"),
        ("brand:=[a", 10, "',' or ']' for the '[' at position 8"),
        ("brand:=[a && b:=1", 11, "',' or ']'"),
        ("brand:=a]", 9, "no bracket"),
        ("brand:=a [b", 10, "no bracket"),
        ("(a:=1", 6, "')' for the '(' at position 1"),
        ("a:=1)", 5, "&&, || or the end"),
        ("a:=b (c", 4, "as many ')' as '('"),
        ("a:=1 && ", 9, "a field name"),
        ("a:=1 && && b:=1", 9, "a field name"),
        ("|| a:=1", 1, "a field name"),
        ("()", 2, "a field name"),
        ("!a:=1", 2, "'(' after '!'"),
        ("a:=1 b:=2", 6, "&& or ||"),
        ("a:=`b", 4, "a closing backtick"),
        ("a:=``", 4, "something between the backticks"),
        ("a:=`b` c", 8, "&&, || or the end"),
        ("price:>cheap", 8, "a number"),
        ("price:>nan", 8, "a number"),
        ("price:>1e999", 8, "a number"),
        ("price:>1_000", 8, "a number"),
        ("price:>", 8, "a value"),
        ("price:=>100", 8, "a value"),
        ("price:>[1,2]", 8, "no bracket"),
        ("price:[1..]", 8, "a range of two numbers"),
        ("price:[a..b]", 8, "a range of two numbers"),
        ("price:[20..10]", 8, "a range that starts below its end"),
        ("price:[10..20,cheap]", 15, "a number, as in the rest of the list"),
    ],
)
def test_a_bad_filter_names_the_position_and_what_was_expected(text: str, position: int, expected: str):
    with pytest.raises(InputError) as caught:
        parse_filter(text)
    assert caught.value.message.startswith(f"Filter, position {position}: expected {expected}")


def test_parentheses_nest_up_to_the_cap():
    assert parse_filter("(" * MAX_DEPTH + "a:=1" + ")" * MAX_DEPTH) == A
    with pytest.raises(InputError, match=f"at most {MAX_DEPTH} parentheses"):
        parse_filter("(" * (MAX_DEPTH + 1) + "a:=1" + ")" * (MAX_DEPTH + 1))


def test_length_is_capped():
    assert parse_filter("a:=" + "b" * (MAX_LENGTH - 3)) == Condition("a", "=", ("b" * (MAX_LENGTH - 3),))
    with pytest.raises(InputError, match="10,001 characters; at most 10,000"):
        parse_filter("a:=" + "b" * (MAX_LENGTH - 2))
    with pytest.raises(InputError, match="at most 10,000"):
        parse_sort("a" * (MAX_LENGTH + 1))


@pytest.mark.parametrize("unit", ["(", "!(", "a:=1&&", "a:=[", "a:=`", "a:= b ", "`", "a:=[1..2,", ") "])
def test_long_bad_filters_are_refused(unit: str):
    with pytest.raises(InputError):
        parse_filter((unit * MAX_LENGTH)[: MAX_LENGTH - 1] + "(")


def test_filters_are_written_as_people_write_them():
    tree = AllOf((AnyOf((A, Not(Condition("brand", "~", ("H&M",))))), Condition("price", "<", ("200",))))
    assert filter_text(tree) == "(a:=1 || brand:!`H&M`) && price:<200"


def test_one_part_alone_is_written_as_itself():
    assert filter_text(AllOf((AnyOf((A,)),))) == "a:=1"


def test_a_filter_without_parts_is_refused():
    with pytest.raises(InputError, match="without any part"):
        filter_text(AnyOf(()))


texts = st.text(min_size=1, max_size=12).filter(lambda text: text.strip())
tricky = st.text(alphabet="`[](),:=!&|<>. a1红：，\\\"'", min_size=1, max_size=8).filter(lambda text: text.strip())
values = st.lists(texts | tricky, min_size=1, max_size=3).map(tuple)
numbers = st.one_of(st.integers(-1000, 1000).map(str), st.floats(-1e6, 1e6).map(repr))
ranges = st.tuples(numbers, numbers).map(lambda ends: tuple(sorted(ends, key=float)))
conditions = st.one_of(
    st.builds(Condition, texts | tricky, st.sampled_from(["=", "!=", "~"]), values),
    st.builds(Condition, texts, st.sampled_from(["<", "<=", ">", ">="]), numbers.map(lambda number: (number,))),
    st.builds(
        Condition, texts, st.just(".."), st.tuples(numbers, numbers).map(lambda ends: tuple(sorted(ends, key=float)))
    ),
)
trees = st.recursive(
    conditions,
    lambda parts: st.one_of(
        parts.map(Not),
        st.lists(parts, min_size=2, max_size=3).map(lambda some: AllOf(tuple(some))),
        st.lists(parts, min_size=2, max_size=3).map(lambda some: AnyOf(tuple(some))),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(trees)
def test_what_is_written_reads_back_the_same(tree: Filter):
    assert parse_filter(filter_text(tree)) == tree


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=40), st.text(alphabet="ab1:=!<>[]()&|,`. ：，", max_size=40)))
def test_any_text_is_a_filter_or_an_input_error(text: str):
    try:
        tree = parse_filter(text)
    except InputError:
        return
    assert tree is None or parse_filter(filter_text(tree)) == tree


def test_sort_keys_are_read_in_order():
    assert parse_sort("price:asc, _text_match : DESC，`attributes.Screen size`：asc") == (
        SortKey("price", descending=False),
        SortKey("_text_match", descending=True),
        SortKey("attributes.Screen size", descending=False),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "price",
            "position 6: expected ':' and a direction after 'price', found the end. Write price:asc or price:desc",
        ),
        ("price:", "position 7: expected a direction, asc or desc"),
        ("price:up", "position 7: Unknown direction 'up'; known: asc, desc"),
        ("price:asce", "Did you mean 'asc'"),
        (":asc", "position 1: expected a field name"),
        ("price:asc,", "position 11: expected a field name"),
        ("price:asc stock:desc", "position 11: expected ',' or the end"),
        ("_eval(a:=1):desc", "position 6: expected ':' and a direction after '_eval'"),
        ("price:asc,price:desc", "names 'price' twice"),
    ],
)
def test_a_bad_sort_names_what_is_accepted(text: str, reason: str):
    with pytest.raises(InputError) as caught:
        parse_sort(text)
    assert reason in str(caught.value)
