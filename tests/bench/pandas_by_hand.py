"""The twenty KPIs of by_hand.sql in pandas, as an analyst writes them: `pandas_by_hand.py FILE OUT.csv`.

Written apart from the SQL, so that the two are independent opinions on every figure.
"""

import argparse
from pathlib import Path

import pandas as pd

DATES = ["Created at", "Updated at", "Solved at"]
COLUMNS = {
    "Id": "id",
    "Requester id": "requester",
    "Group": "group",
    "Tags": "tags",
    "Status": "status",
    "Created at": "created_at",
    "Updated at": "updated_at",
    "Solved at": "solved_at",
    "Satisfaction Score": "rating",
    "Assignee stations": "assignee_stations",
    "Reopens": "reopens",
    "Replies": "replies",
    "First reply time in minutes": "first_reply",
    "First resolution time in minutes": "first_resolution",
    "Full resolution time in minutes": "full_resolution",
}
ALL_GROUPS = "ALL GROUPS"


def next_contacts(tickets: pd.DataFrame) -> pd.Series:
    """When each ticket's requester opened the next ticket after the solve; merged tickets are contacts too."""
    known = tickets.dropna(subset=["requester"])
    contacts = known[["requester", "created_at"]].rename(columns={"created_at": "next_contact_at"})
    solved = known.dropna(subset=["solved_at"])[["requester", "solved_at"]].reset_index(names="row")
    found = pd.merge_asof(
        solved.sort_values("solved_at"),
        contacts.sort_values("next_contact_at"),
        by="requester",
        left_on="solved_at",
        right_on="next_contact_at",
        direction="forward",
        allow_exact_matches=False,
    )
    return found.set_index("row")["next_contact_at"]


def read(file: Path) -> pd.DataFrame:
    """One row per ticket that counts, with the columns that the KPIs average."""
    tickets = pd.read_csv(file, usecols=list(COLUMNS), parse_dates=DATES).rename(columns=COLUMNS)
    tickets = tickets.sort_values("updated_at").drop_duplicates("id", keep="last")
    tickets["solved_at"] = tickets["solved_at"].where(tickets["status"].isin(["Solved", "Closed"]))
    as_of = tickets[["created_at", "updated_at", "solved_at"]].max().max()
    tickets["next_contact_at"] = next_contacts(tickets)
    tickets = tickets[~tickets["tags"].str.contains("closed_by_merge", na=False)].copy()

    tickets["created_month"] = tickets["created_at"].dt.to_period("M").dt.start_time
    tickets["solved_month"] = tickets["solved_at"].dt.to_period("M").dt.start_time
    for duration in ["first_reply", "first_resolution", "full_resolution"]:
        tickets[duration] *= 60

    first_solved = tickets["created_at"] + pd.to_timedelta(tickets["first_resolution"], unit="s")
    tickets["first_solved_month"] = first_solved.fillna(tickets["solved_at"]).dt.to_period("M").dt.start_time

    fortnight, week = pd.Timedelta(days=14), pd.Timedelta(days=7)
    in_time = tickets["solved_at"] - tickets["created_at"] <= fortnight
    tickets["solved_in_time"] = in_time.astype(float).where(tickets["created_at"] + fortnight <= as_of)
    tickets["is_solved"] = tickets["solved_at"].notna()
    tickets["reopened"] = tickets["reopens"] > 0
    tickets["one_touch"] = (tickets["replies"] == 1) & ~tickets["reopened"]
    came_back = tickets["next_contact_at"] - tickets["solved_at"] <= week
    resolved_at_once = (tickets["replies"] <= 1) & ~tickets["reopened"] & ~came_back
    followed = (tickets["solved_at"] + week <= as_of) & tickets["requester"].notna()
    tickets["first_contact"] = resolved_at_once.astype(float).where(followed)
    tickets["reassigned"] = tickets["assignee_stations"] > 1
    answered = tickets["rating"].isin(["Good", "Bad"])
    tickets["satisfied"] = (tickets["rating"] == "Good").astype(float).where(answered)
    tickets["answered"] = answered.astype(float).where(answered | (tickets["rating"] == "Offered"))
    return tickets


def kpis(tickets: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """All KPIs by month and the further columns in `by`."""
    created = tickets.groupby(["created_month", *by])
    solved = tickets.groupby(["solved_month", *by])
    first_solved = tickets.groupby(["first_solved_month", *by])
    frame = pd.DataFrame(
        {
            "tickets_created": created.size(),
            "tickets_solved": solved.size(),
            "first_reply_time": created["first_reply"].median(),
            "first_reply_time_p90": created["first_reply"].quantile(0.9),
            "average_first_reply_time": created["first_reply"].mean(),
            "resolution_rate": created["solved_in_time"].mean(),
            "resolution_rate_to_date": created["is_solved"].mean(),
            "first_resolution_time": first_solved["first_resolution"].median(),
            "full_resolution_time": solved["full_resolution"].median(),
            "full_resolution_time_p90": solved["full_resolution"].quantile(0.9),
            "average_resolution_time": solved["full_resolution"].mean(),
            "reopen_rate": first_solved["reopened"].mean(),
            "one_touch_rate": solved["one_touch"].mean(),
            "first_contact_resolution": solved["first_contact"].mean(),
            "agent_replies_per_ticket": solved["replies"].mean(),
            "reassignment_rate": solved["reassigned"].mean(),
            "csat": solved["satisfied"].mean(),
            "csat_response_rate": solved["answered"].mean(),
        }
    )
    frame.index = frame.index.set_names(["month", *by])
    if by:
        months, groups = frame.index.levels
        frame = frame.reindex(pd.MultiIndex.from_product([months, groups]))
    counts = ["tickets_created", "tickets_solved"]
    frame[counts] = frame[counts].fillna(0).astype(int)
    frame["net_flow"] = frame["tickets_created"] - frame["tickets_solved"]
    flow = frame.groupby(by)["net_flow"] if by else frame["net_flow"]
    frame["backlog"] = flow.cumsum()
    return frame.reset_index()


def main() -> None:
    """Read, compute by month and group and by month, and write both below each other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    tickets = read(args.file)
    totals = kpis(tickets, by=[]).assign(group=ALL_GROUPS)
    pd.concat([totals, kpis(tickets, by=["group"])]).to_csv(args.out, index=False)


if __name__ == "__main__":
    main()
