"""The judge's end of the line: nothing that the other end says is believed."""

from __future__ import annotations

import gc
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.engine.judge.deadline import Deadline
from autograder.engine.judge.stand_ins import Handle
from autograder.engine.judge.student import Student, StudentGone
from autograder.engine.limits import Limits
from autograder.engine.wire.errors import described
from autograder.engine.wire.framing import Line
from autograder.engine.wire.messages import (
    Call,
    Cause,
    Done,
    Failed,
    Look,
    Run,
    Shown,
    packed,
    unpacked,
)
from autograder.engine.wire.values import (
    Again,
    Decoder,
    DoesNotCross,
    Given,
    Mine,
    Yours,
)
from autograder.engine.wire.writing import Encoder

FUNCTION = Mine(1, "function", "f")
THING = Mine(2, "Thing")


class Impostor:
    """The other end: says what a script tells it to."""

    def __init__(self, descriptor: int) -> None:
        self.line = Line(descriptor, lambda ready: ready(10_000) or self._silent())

    def _silent(self) -> None:
        raise EOFError("the judge is silent")

    def hears(self) -> Any:
        """The next message."""
        return unpacked(self.line.receive(1 << 30))

    def says(self, *messages: Any) -> None:
        """Send messages."""
        for message in messages:
            self.line.send(packed(message))

    def returns(self, value: Any) -> None:
        """Hear a request, and answer it with data."""
        self.hears()
        self.says(Done(value))


Script = Callable[[Impostor], None]


class Nursery:
    """Gives the line to an impostor; knows no process."""

    def __init__(self, script: Script) -> None:
        self.script, self.told = script, ("", Cause.MACHINE)
        self.interrupts = 0
        self.thread: threading.Thread
        self.problem: BaseException | None = None

    def student(self) -> int:
        ours, theirs = socket.socketpair()

        def live() -> None:
            with theirs:
                try:
                    self.script(Impostor(theirs.fileno()))
                except (EOFError, OSError):
                    pass
                except BaseException as problem:
                    self.problem = problem

        self.thread = threading.Thread(target=live)
        self.thread.start()
        return ours.detach()

    def interrupt(self) -> None:
        self.interrupts += 1

    def reason(self) -> tuple[str, Cause]:
        return self.told


Against = Callable[..., Student]


@pytest.fixture
def against() -> Iterator[Against]:
    """Makes a judge's end that speaks with an impostor."""
    made: list[tuple[Student, Nursery]] = []

    def make(script: Script, **limits: Any) -> Student:
        nursery = Nursery(script)
        chosen = Limits(**{"call_seconds": 10, "message_bytes": 1 << 20, **limits})
        student = Student(nursery, chosen, Deadline(60))
        made.append((student, nursery))
        return student

    yield make
    for student, nursery in made:
        student.line.close()
        nursery.thread.join(15)
        assert not nursery.thread.is_alive()
        if nursery.problem:
            raise nursery.problem


def data(value: Any) -> Any:
    """As it crosses."""
    return Encoder(lambda x: x, 1 << 20).encode(value)


def result(student: Student, *args: Any, **named: Any) -> Any:
    """What a call of a global function gives."""
    return student.call_there("f", args, named)


# --- names ------------------------------------------------------------------------


def test_names_are_told(against: Against) -> None:
    def script(other: Impostor) -> None:
        assert other.hears() == Look(["a", "b", "c"], [])
        other.says(Done(data([[1], [], [{"x": 2}]])))

    assert against(script).look(["a", "b", "c"]) == {"a": 1, "c": {"x": 2}}


FORGED_NAMES = [
    None, 3, "ab", [[1]], [[1], [2], [3]], [1, 2], [[1, 1], []], {"a": [1], "b": [2]},
    ([1], [2]), [(1,), (2,)], np.ones((2, 1)), [[], []],
]  # fmt: skip


@pytest.mark.parametrize("answer", FORGED_NAMES, ids=str)
def test_no_other_names_and_nothing_odd_is_taken(against: Against, answer: Any) -> None:
    student = against(lambda other: other.returns(data(answer)))
    assert student.look(["a", "b"]) == {}


def test_a_cell_ends_with_a_name_or_none(against: Against) -> None:
    def script(other: Impostor) -> None:
        assert other.hears() == Run("x = 1", ["x"], ["y"])
        other.says(Shown({"output_type": "stream"}), Done(None))
        other.returns("ValueError")
        other.returns(data([1]))

    student, seen = against(script), []
    student.show = seen.append
    assert student.run("x = 1", ["x"], ["y"]) is None and seen == [
        {"output_type": "stream"}
    ]
    assert student.run("y", [], []) == "ValueError"
    assert type(student.run("z", [], [])) is str


# --- objects ----------------------------------------------------------------------


def test_stand_ins_are_one_for_each_object(against: Against) -> None:
    def script(other: Impostor) -> None:
        other.returns(data([FUNCTION, THING, THING, Mine(3, "Thing")]))
        other.returns(THING)
        call = other.hears()
        assert call.target == 1
        assert Decoder(lambda node: node).decode(call.arguments) == (
            Yours(2),
            [Yours(1)],
        )
        other.says(Done(5))

    student = against(script)
    f, thing, same, another = result(student)
    assert thing is same and thing is not another and isinstance(thing, Handle)
    assert type(thing).__name__ == "Thing" and result(student) is thing
    assert f(thing, [f]) == 5


def test_stand_ins_that_are_gone_are_told_once(against: Against) -> None:
    released: list[Any] = []

    def script(other: Impostor) -> None:
        other.returns(data([FUNCTION, THING]))
        for _ in range(3):
            released.append(other.hears().released)
            other.says(Done(data([])))

    student = against(script)
    kept, gone = result(student)
    student.look([])
    del gone
    gc.collect()
    student.look([])
    student.look([])
    assert released == [[], [2], []] and callable(kept)


def test_a_stand_in_of_a_process_that_is_gone(against: Against) -> None:
    first = against(lambda other: other.returns(FUNCTION))
    f = result(first)
    second = against(lambda other: other.returns(None))
    with pytest.raises(StudentGone):
        second.call_there(f, (), {})


@pytest.mark.parametrize(
    "node",
    [Yours(1), Yours(99), Given(0), Again(0), Again(-1), data([Yours(-1)]), Mine(1, "a\0b"),
     Mine(-(2**40), "x" * 10**5)],
    ids=str,
)  # fmt: skip
def test_forged_references_are_refused_or_harmless(against: Against, node: Any) -> None:
    student = against(lambda other: (other.returns(node), other.returns(7)))
    try:
        found = result(student)
    except Exception as error:
        assert type(error).__name__ in ("DoesNotCross", "WireError")
    else:
        assert isinstance(found, Handle)
    assert result(student) == 7, "the conversation goes on"


def test_long_names_are_cut(against: Against) -> None:
    long = "x" * 100_000
    answer = data([Mine(1, "function", long), Mine(2, long)])
    f, thing = result(against(lambda other: other.returns(answer)))
    assert len(f.__name__) < 1000 and len(type(thing).__name__) < 1000


# --- functions of the test --------------------------------------------------------


def calls(other: Impostor, target: Any, *arguments: Any) -> Any:
    """What the judge answers to a call."""
    other.says(Call(target, data(arguments), data({}), data({})))
    return other.hears()


def number_of(call: Call) -> int:
    """Of the function that a call hands over as its first argument."""
    seen: list[Any] = []
    Decoder(seen.append).decode(call.arguments)
    return seen[0].number


def test_a_function_can_be_called_while_its_request_lasts(against: Against) -> None:
    def script(other: Impostor) -> None:
        number = number_of(other.hears())
        assert calls(other, number, 4) == Done(-4)
        other.says(Done("first"))
        other.hears()
        refused = calls(other, number, 4)
        assert isinstance(refused, Failed) and "Secret" not in refused.text
        other.says(Done("second"))

    seen: list[int] = []

    def negative(x: int) -> int:
        seen.append(x)
        return -x

    student = against(script)
    assert result(student, negative) == "first"
    assert result(student, lambda x: 0) == "second" and seen == [4]


def test_functions_of_nested_requests(against: Against) -> None:
    """The outer request's can be called within the inner one, not the other way."""

    def script(other: Impostor) -> None:
        outer = number_of(other.hears())
        other.says(Call(outer, data((1,)), data({}), data({})))
        inner = number_of(other.hears())
        assert calls(other, outer, 0) == Done("outer")
        assert calls(other, inner) == Done("inner")
        other.says(Done(8))
        assert other.hears() == Done(8)
        assert isinstance(calls(other, inner), Failed)
        assert calls(other, outer, 0) == Done("outer")
        other.says(Done(9))

    def outer(deeper: int) -> Any:
        return result(student, lambda: "inner") if deeper else "outer"

    student = against(script)
    assert result(student, outer) == 9


def test_substitutes_go_with_each_call(against: Against) -> None:
    def script(other: Impostor) -> None:
        seen: list[Any] = []
        call = other.hears()
        found = Decoder(lambda node: seen.append(node) or "it").decode(call.substitutes)
        assert found == {"g": "it"}
        assert calls(other, seen[0].number, 3) == Done(6)
        other.says(Done(1))

    student = against(script)
    student.substitutes = lambda: {"g": lambda x: 2 * x}
    assert result(student) == 1


@pytest.mark.parametrize(
    "target", [0, 1, 2, 99, -1, 2**62, "g", "eval", "__import__", ""]
)
def test_nothing_else_can_be_called(against: Against, target: int | str) -> None:
    def script(other: Impostor) -> None:
        other.hears()
        assert isinstance(calls(other, target, "1"), Failed)
        other.says(Done(1))

    assert result(against(script)) == 1, "the conversation goes on"


def test_an_error_is_no_function(against: Against) -> None:
    def script(other: Impostor) -> None:
        number = number_of(other.hears())
        failed = calls(other, number)
        assert isinstance(calls(other, failed.origin), Failed)
        other.says(Done(1))

    def fail() -> None:
        raise ValueError("Secret")

    assert result(against(script), fail) == 1


@pytest.mark.parametrize("request_", [Run("1", [], []), Look(["x"], [])])
def test_a_student_asks_for_calls_only(against: Against, request_: Any) -> None:
    def script(other: Impostor) -> None:
        other.hears()
        other.says(request_)
        assert isinstance(other.hears(), Failed)
        other.says(Done(1))

    assert result(against(script)) == 1


FORGED_CALLS = {
    "arguments": (data({"a": 1}), data({})),
    "text for arguments": ("abc", data({})),
    "number for arguments": (5, data({})),
    "named arguments": (data(()), data([1])),
    "named by numbers": (data(()), data({1: 2})),
    "forged references": (data((Yours(7),)), data({})),
    "forged shared part": (data((Again(5),)), data({})),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED_CALLS)
def test_forged_arguments_of_a_function_of_the_test(
    against: Against, name: str
) -> None:
    def script(other: Impostor) -> None:
        number = number_of(other.hears())
        other.says(Call(number, *FORGED_CALLS[name], data({})))
        assert isinstance(other.hears(), (Done, Failed))
        assert calls(other, number) == Done(0)
        other.says(Done(1))

    assert result(against(script), lambda *args: len(args)) == 1


def test_changes_of_a_function_of_the_test_are_told(against: Against) -> None:
    def script(other: Impostor) -> None:
        number = number_of(other.hears())
        answer = calls(other, number, [1], np.zeros(2), {"a": 1})
        told = Decoder(lambda node: node)
        assert told.decode(answer.value) == [Given(0), "x"]
        changes = {n: told.decode(value) for n, value in answer.changes}
        assert changes[0] == [1, 2] and list(changes[1]) == [0, 5] and len(changes) == 2
        other.says(Done(1))

    def change(a: list[int], b: np.ndarray, c: dict[str, int]) -> Any:
        a.append(2)
        b[1] = 5
        c["a"] = c["a"]
        return [a, "x"]

    assert result(against(script), change) == 1


def test_what_cannot_be_lent_is_told_before_anything_is_sent(against: Against) -> None:
    student = against(lambda other: other.returns(1))
    for value in (
        object(),
        int.__class__,
        ValueError("x"),
        type("A", (), {}),
        slice(3),
    ):
        with pytest.raises(DoesNotCross, match="tag this graded cell 'together'"):
            result(student, value)
    assert result(student) == 1


# --- errors -----------------------------------------------------------------------


def test_an_error_of_the_test_comes_back_as_itself(against: Against) -> None:
    """And the student's code learns its type only."""
    mine = ValueError("Secret")

    def script(other: Impostor) -> None:
        failed = calls(other, number_of(other.hears()))
        assert ("builtins", "ValueError") in failed.types
        assert "Secret" not in str(failed) and "own" not in str(failed)
        other.says(failed)
        other.hears()
        other.says(failed)  # its request is over

    def own() -> None:
        raise mine

    student = against(script)
    with pytest.raises(ValueError) as caught:
        result(student, own)
    assert caught.value is mine
    with pytest.raises(ValueError) as caught:
        result(student)
    assert caught.value is not mine


@pytest.mark.parametrize("origin", [0, 1, 2, -1, 99])
def test_forged_origins_are_errors_of_the_student(
    against: Against, origin: int
) -> None:
    def script(other: Impostor) -> None:
        other.hears()
        other.says(Failed([("builtins", "KeyError")], ["k"], "k", "", origin))

    with pytest.raises(KeyError) as caught:
        result(against(script), len)
    assert caught.value.args == ("k",)


def test_no_error_type_of_a_test_can_be_chosen(against: Against) -> None:
    """`except Known` in a test catches what its own functions raise, nothing else."""

    class Known(Exception):
        pass

    failed = described(Known("x"))

    def script(other: Impostor) -> None:
        other.hears()
        other.says(failed)

    with pytest.raises(Exception) as caught:
        result(against(script))
    assert not isinstance(caught.value, Known)


# --- ends -------------------------------------------------------------------------


def test_a_process_that_is_gone_has_a_reason(against: Against) -> None:
    student = against(lambda other: other.hears())
    student.nursery.told = ("more memory was used", Cause.STUDENT)
    with pytest.raises(StudentGone, match="more memory"):
        result(student)
    assert student.lost and student.trouble.cause is Cause.STUDENT
    with pytest.raises(StudentGone, match="more memory"):
        result(student)


@pytest.mark.parametrize("noise", [b"\xff" * 16, b"\0" * 8, b"\0" * 7 + b"\1\xc1"])
def test_nonsense_is_the_students_doing(against: Against, noise: bytes) -> None:
    def script(other: Impostor) -> None:
        other.hears()
        os.write(other.line.descriptor, noise)

    student = against(script)
    with pytest.raises(StudentGone):
        result(student)
    assert student.lost
    if noise[-1:] != b"\xff":
        assert student.trouble.cause is Cause.STUDENT


def test_a_message_that_is_too_large(against: Against) -> None:
    def script(other: Impostor) -> None:
        other.hears()
        other.line.send(bytes(3 << 20))

    student = against(script)
    with pytest.raises(StudentGone):
        result(student)
    assert student.lost


def test_a_slow_call_is_interrupted_once_then_given_up(against: Against) -> None:
    student = against(lambda other: (other.hears(), other.hears()), call_seconds=0.2)
    started = time.monotonic()
    with pytest.raises(StudentGone):
        result(student)
    assert time.monotonic() - started < 5 and student.nursery.interrupts == 1
    assert student.trouble.cause is Cause.STUDENT and "longer" in student.trouble.text


def test_a_late_answer_does_not_count(against: Against) -> None:
    def script(other: Impostor) -> None:
        other.hears()
        time.sleep(0.5)
        other.says(Done("late"))
        other.returns("in time")

    student = against(script, call_seconds=0.2)
    with pytest.raises(TimeoutError):
        result(student)
    assert not student.lost and result(student) == "in time"


def test_who_hung_once_has_less_time(against: Against) -> None:
    def script(other: Impostor) -> None:
        for _ in range(2):
            other.hears()
            time.sleep(1.5)
            other.says(Failed([("builtins", "KeyboardInterrupt")], [], ""))

    student = against(script, call_seconds=1.2)
    for most in (2.5, 2.2):
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            result(student)
        assert time.monotonic() - started < most
    assert student.hung == {"f": 2}


def test_a_flood_of_outputs_ends(against: Against) -> None:
    def script(other: Impostor) -> None:
        other.hears()
        while True:
            other.says(Shown({}))

    student = against(script, call_seconds=0.3)
    with pytest.raises((StudentGone, TimeoutError)):
        result(student)


def test_endless_calls_of_a_function_of_the_test_end(against: Against) -> None:
    def script(other: Impostor) -> None:
        number = number_of(other.hears())
        while True:
            calls(other, number)

    student = against(script, call_seconds=0.3)
    with pytest.raises((StudentGone, TimeoutError)):
        result(student, lambda: math.pi)


def test_a_large_argument_is_not_sent(against: Against) -> None:
    student = against(lambda other: other.returns(1))
    with pytest.raises(Exception, match="too large"):
        result(student, np.zeros(10**6))
    assert result(student) == 1
