"""What a figure was meant to be."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Goal:
    """`value` was to be at most `limit`, both in `unit` ("x" for a ratio)."""

    what: str
    limit: float
    value: float
    unit: str = "x"
    # The quartiles of what is compared overlap: a value above 1 is no difference.
    equal: bool = False

    @property
    def verdict(self):
        if self.value <= self.limit:
            return "met"
        return "equal" if self.equal else "missed"
