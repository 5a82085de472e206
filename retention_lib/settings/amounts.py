"""The kinds of numbers and texts that keys of a parameter file hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from retention_lib.settings import rules

Share = Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.between(0, 1))]
Cost = Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.at_least(0))]
Rate = Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.above(0))]
Text = Annotated[str, AfterValidator(rules.filled)]
Words = Text | list[Text]
