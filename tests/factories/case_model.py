"""Cases as a successor would explain them, minute by minute: shares no code with reviews.cases.

A model case has a state, a cycle and clocks; each clock counts the working minutes that it has run. Nothing
is computed ahead: what is due is what has been counted.
"""

from dataclasses import dataclass, field

OPEN = {
    *("new", "assigned", "in_progress", "waiting_for_customer", "waiting_for_us"),
    *("waiting_for_third_party", "remedy_offered", "reopened"),
}
STANDS_STILL = {"waiting_for_customer", "waiting_for_third_party"}
TARGETS_MIN = {"first_reply": 60, "private_contact": 120, "next_reply": 30, "resolution": 480}
"""Of the policy that the test writes."""
MARKS = (
    (50, "warning", 50),
    (80, "warning", 80),
    (100, "breached", 1),
    (150, "breached", 2),
    (200, "breached", 3),
)

Said = tuple[int, str, int, str, int]
"""cycle, clock, round, event, level"""


def working(minute: int) -> bool:
    """Nine to one and two to six, every day; minutes since some midnight."""
    hour = minute % 1440 / 60
    return 9 <= hour < 13 or 14 <= hour < 18


@dataclass
class Clock:
    name: str
    round: int
    counted: int = 0
    still: bool = False
    pauses: int = 0
    marks: int = 0
    """How many were said."""
    due: int | None = None
    """The minute at whose beginning the target was used up."""


@dataclass
class Case:
    """One case; `minute` is now."""

    minute: int
    state: str = "new"
    cycle: int = 1
    clocks: dict[str, Clock] = field(default_factory=dict)
    """Those that run."""
    rounds: int = 0
    replied: bool = False
    """Ever in public: in a later cycle a private word is enough for the first reply."""
    said: set[Said] = field(default_factory=set)
    late: dict[tuple[int, str, int], bool] = field(default_factory=dict)

    def begin(self) -> None:
        self.rounds = 0
        for name in ("first_reply", "private_contact", "resolution"):
            self.start(name, 1)

    def start(self, name: str, round_: int) -> None:
        self.clocks[name] = Clock(name, round_)
        self._say(self.clocks[name], "started", 1)

    def pass_minutes(self, minutes: int) -> None:
        for _ in range(minutes):
            if working(self.minute):
                for clock in self.clocks.values():
                    clock.counted += not clock.still
            self.minute += 1
            for clock in self.clocks.values():
                if clock.due is None and clock.counted == TARGETS_MIN[clock.name]:
                    clock.due = self.minute

    def sweep(self) -> None:
        for clock in self.clocks.values():
            target = TARGETS_MIN[clock.name]
            passed = [mark for mark in MARKS if clock.counted * 100 >= target * mark[0]]
            fresh = passed[clock.marks :]
            breaches = [mark for mark in fresh if mark[1] == "breached"]
            for _, event, level in breaches or fresh[-1:]:
                self._say(clock, event, level)
            clock.marks = len(passed)

    def go(self, state: str) -> None:
        self.state = state
        for clock in self.clocks.values():
            still = state in STANDS_STILL
            if still and not clock.still:
                clock.pauses += 1
                self._say(clock, "paused", clock.pauses)
            if clock.still and not still:
                self._say(clock, "resumed", clock.pauses)
            clock.still = still

    def met(self, name: str) -> None:
        self.sweep()  # whatever was missed is said before it is met
        clock = self.clocks.pop(name, None)
        if clock:
            self._say(clock, "satisfied", 1)
            self.late[self.cycle, name, clock.round] = clock.due is not None and self.minute > clock.due

    def customer_writes(self) -> None:
        if self.state not in OPEN:
            self.reopen()
        elif self.state not in ("new", "assigned", "reopened"):
            self.go("waiting_for_us")
            if "next_reply" not in self.clocks:
                self.rounds += 1
                self.start("next_reply", self.rounds)

    def we_reply(self) -> None:
        self.go("in_progress")
        self.met("first_reply")
        self.met("next_reply")
        self.replied = True

    def we_write(self) -> None:
        self.go("in_progress")
        self.spoken_in_private()
        self.go("waiting_for_customer")

    def we_call(self) -> None:
        self.go("in_progress")
        self.spoken_in_private()

    def spoken_in_private(self) -> None:
        if self.replied and self.cycle > 1:
            self.met("first_reply")
        self.met("private_contact")
        self.met("next_reply")

    def resolve(self) -> None:
        self.go("resolved")
        self.met("resolution")
        self.sweep()
        self.clocks.clear()

    def drop(self, state: str) -> None:
        self.go(state)
        self.sweep()
        self.clocks.clear()

    def reopen(self) -> None:
        self.state = "reopened"
        self.cycle += 1
        self.begin()

    def _say(self, clock: Clock, event: str, level: int) -> None:
        said = (self.cycle, clock.name, clock.round, event, level)
        assert said not in self.said, f"the model says twice: {said}"
        self.said.add(said)
