"""A configuration that trains in a second."""

import msgspec

from sentiment.training.config import STANDARD, Config, read_config


def tiny(**schedule: object) -> Config:
    config = read_config(STANDARD)
    changes = {
        "steps": 8,
        "warm_up_steps": 2,
        "cool_down_steps": 3,
        "tokens_per_batch": 256,
        "learning_rate": 3e-3,
        "watch_steps": 4,
    }
    plan = msgspec.structs.replace(config.schedule, **(changes | schedule))
    return msgspec.structs.replace(config, layers=2, rows={"few": 60}, own_examples=0, schedule=plan)
