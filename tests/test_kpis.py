"""Every KPI that the field names has a metric, or a reason why not; and no metric is there that belongs to none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asking import shipped

REFERENCE = Path(__file__).parents[2] / "shared/reference/metrics.md"

# A text is the reason why there is no metric. Business-hours variants (`…_business`) stand with their calendar ones.
KPIS: dict[str, tuple[str, ...] | str] = {
    "First reply time (b)": (
        "first_reply_time", "first_reply_time_p90", "average_first_reply_time", "time_to_first_reply_km",
    ),
    "Next reply / average response time (b)": (
        "response_time", "average_response_time", "average_response_time_freshdesk", "average_response_time_intercom",
        "average_response_time_zendesk",
    ),
    "First resolution time (b)": ("first_resolution_time",),
    "Full resolution time (b)": (
        "full_resolution_time", "full_resolution_time_p90", "average_resolution_time", "time_to_resolution_km",
    ),
    "Solve time (b)": ("solve_time",),
    "Requester wait (b)": ("requester_wait_time", "requester_wait_time_explore", "requester_wait_time_zendesk_csv"),
    "Agent wait (b)": ("agent_wait_time", "pending_time"),
    "Agent work (b)": ("agent_work_time", "new_time", "open_time"),
    "On-hold (b)": ("on_hold_time",),
    "First assignment; assignment → resolution; unassigned": (
        "first_assignment_time", "assignment_to_resolution_time", "unassigned_time",
    ),
    "Handle time (AHT)": ("average_handle_time", "talk_time", "hold_time", "wrap_time", "ticket_handle_time"),
    "Created, solved, net flow": (
        "tickets_created", "tickets_solved", "solved_as_of", "solved_events", "reopened_events", "net_flow",
    ),
    "Backlog at t": ("backlog", "backlog_unassigned"),
    "Backlog age": (
        "backlog_age", "backlog_age_p90", "backlog_under_1d", "backlog_1d_to_7d", "backlog_7d_to_30d",
        "backlog_over_30d",
    ),
    "Resolution rate": ("resolution_rate", "resolution_rate_to_date"),
    "Reopen rate": ("reopen_rate", "reopen_rate_dbt", "reopen_rate_zendesk_csv"),
    "One-touch": ("one_touch_rate", "one_touch_rate_zendesk", "one_touch_rate_zendesk_messaging"),
    "First contact resolution": (
        "first_contact_resolution", "first_contact_resolution_freshdesk", "first_contact_resolution_freshservice",
        "first_contact_resolution_helpscout", "first_contact_resolution_intercom", "first_call_resolution",
        "first_call_resolution_offered",
    ),
    "Repeat contact": ("repeat_contact_rate",),
    "Interactions per case": ("interactions_per_ticket", "agent_replies_per_ticket"),
    "Handoffs / reassignments": (
        "handoffs_per_ticket", "reassignment_rate", "group_handoff_rate", "agents_per_ticket",
    ),
    "Escalation rate": ("escalation_rate", "escalation_rate_by_priority", "escalation_rate_by_tier"),
    "SLA attainment": (
        "sla_attainment", "sla_attainment_by_ticket", "sla_breaches", "sla_breached_open",
        "first_reply_sla_attainment", "resolution_sla_attainment",
    ),
    "SLA at risk": ("sla_at_risk",),
    "CSAT": ("csat", "csat_score", "csat_zendesk", "csat_helpscout"),
    "Survey response & coverage": ("csat_response_rate", "csat_surveys_sent", "survey_coverage"),
    "CSAT recovery": ("csat_recovery",),
    "NPS": ("nps", "promoter_share", "passive_share", "detractor_share"),
    "CES": ("ces", "ces_share", "ces_low"),
    "Calls answered / abandoned": ("answer_rate", "abandonment_rate", "calls_offered"),
    "Service level, ASA": ("service_level", "average_speed_of_answer"),
    "Self-service ratio": ("self_service_ratio", "help_centre_visitors", "failed_search_rate"),
    "Deflection / bot resolution": ("bot_resolution_rate", "bot_resolution_rate_reported", "deflection_rate"),
    "Retention / churn": ("customer_retention_rate", "churn_rate", "churned_share"),
    "Social: response rate, reply time": ("review_response_rate", "review_response_time"),
    "Social: engagement, net sentiment": (
        "engagement_rate", "engagement_rate_by_followers", "net_sentiment", "star_rating",
    ),
    "Closed loop": ("closed_loop_rate", "time_to_follow_up"),
    # the arrivals themselves are tickets_created and calls_offered, --by weekday,hour; the load in Erlangs is a matter
    # of staffing, which needs a plan of hours that no export has
    "Peak load": ("busiest_hour", "active_agents", "tickets_per_agent"),
    "Goal progress": "it compares a figure with a target that no export holds: targets are set in the team's profile",
    # n of `of` says it beside every figure; cells that were not read are noted by column, with their rows in --rejects
    "Data coverage": ("undated_solves",),
}  # fmt: skip


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the reference is not here")
def test_no_kpi_of_the_reference_is_without_a_metric_or_a_reason() -> None:
    table = REFERENCE.read_text(encoding="utf-8").split("## 1. ")[1].split("## 2. ")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    assert set(rows[2:]) == set(KPIS)


def test_every_metric_named_for_a_kpi_is_shipped() -> None:
    named = [name for metrics in KPIS.values() if not isinstance(metrics, str) for name in metrics]
    assert len(named) == len(set(named))
    assert set(named) <= set(shipped().metrics)


def test_no_metric_is_shipped_that_belongs_to_no_kpi() -> None:
    named = {name for metrics in KPIS.values() if not isinstance(metrics, str) for name in metrics}
    assert {name.removesuffix("_business") for name in shipped().metrics} == named


def test_a_kpi_without_a_metric_says_why() -> None:
    assert all(len(reason) > 20 for reason in KPIS.values() if isinstance(reason, str))


def test_a_dialect_is_one_of_a_metric_that_is_none_itself() -> None:
    dialects = list(shipped().metrics.having("dialect_of"))
    assert len(dialects) > 5
    for metric in dialects:
        assert metric.dialect and shipped().metrics[str(metric.dialect_of)].dialect_of is None


@pytest.mark.parametrize("name", shipped().metrics)
def test_a_ratio_or_a_share_is_never_to_be_read_alone(name: str) -> None:
    metric = shipped().metrics[name]
    if metric.unit in ("share", "ratio", "points") and metric.dialect_of is None:  # a dialect stands beside its KPI
        assert metric.beside, f"{name} says nothing of what to read beside it"
