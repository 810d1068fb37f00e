"""A plan in the page: what a whole system of N pictures takes, with every assumption on a slider."""

from visret_lab.teaching.system_plan.system_plan import system_plan_html

__all__ = ["system_plan_html"]
