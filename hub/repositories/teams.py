"""Teams and canned replies."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, literal_column, select, update

from hub.database import Statement, among, bound
from hub.models import agents, canned, team_members, teams

add_team = Statement(insert(teams).values(bound(teams, "name")).returning(teams.c.id))
change_team = Statement(
    update(teams)
    .where(teams.c.id == bindparam("team_id"))
    .values(version=teams.c.version + literal_column("1"), **bound(teams, "name", "gone"))
)
empty_team = Statement(delete(team_members).where(team_members.c.team_id == bindparam("team_id")))
join_team = Statement(insert(team_members).values(bound(team_members, "team_id", "agent_id")))
known_agents = Statement(select(agents.c.id).where(among(agents.c.id, "ids")))

add_canned = Statement(insert(canned).values(bound(canned, "name", "text", "language")).returning(canned.c.id))
change_canned = Statement(
    update(canned)
    .where(canned.c.id == bindparam("canned_id"))
    .values(version=canned.c.version + literal_column("1"), **bound(canned, "name", "text", "language", "gone"))
)
canned_by_id = Statement(
    select(canned.c.id, canned.c.name, canned.c.text, canned.c.language, canned.c.gone).where(
        canned.c.id == bindparam("canned_id")
    )
)
team_by_id = Statement(select(teams.c.id, teams.c.name, teams.c.gone).where(teams.c.id == bindparam("team_id")))

every_team = Statement(select(teams.c.id, teams.c.version, teams.c.name, teams.c.gone).order_by(teams.c.id))
members = Statement(
    select(team_members.c.team_id, team_members.c.agent_id).order_by(team_members.c.team_id, team_members.c.agent_id)
)
every_canned = Statement(
    select(canned.c.id, canned.c.version, canned.c.name, canned.c.text, canned.c.language, canned.c.gone).order_by(
        canned.c.id
    )
)
