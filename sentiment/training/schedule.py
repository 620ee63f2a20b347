"""How fast to learn at which step. Pure."""

from sentiment.training.config import Schedule


def rate(step: int, schedule: Schedule, cooling_since: int | None) -> float:
    """The share of the full learning rate for a step, counted from 0.

    Between warm-up and cool-down the rate is constant, so a run can be cooled down at any time, and can also
    go on from any checkpoint as if it had never been planned to end.
    """
    if cooling_since is not None and step >= cooling_since:
        left = cooling_since + schedule.cool_down_steps - step
        return max(0.0, left / schedule.cool_down_steps)
    return min(1.0, (step + 1) / max(1, schedule.warm_up_steps))


def average_decay(step: int, schedule: Schedule) -> float:
    """How much of the running average stays at a step; early ones forget the first weights soon."""
    return min(schedule.average_decay, (1 + step) / (10 + step))


def last_step(schedule: Schedule, cooling_since: int | None) -> int:
    """The number of steps after which a run is finished."""
    return schedule.steps if cooling_since is None else cooling_since + schedule.cool_down_steps
